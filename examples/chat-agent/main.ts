// The agent as a program: what a sandbox runs.
import { serve } from 'agentcube/agent';
import { chat } from './chat.ts';

serve(chat());
