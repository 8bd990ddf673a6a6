// Answers every request at once with a few bytes.
import http from 'node:http';

http
  .createServer((req, res) => {
    req.resume();
    res.end('{"ok":true}');
  })
  .listen(Number(process.env.PORT));
