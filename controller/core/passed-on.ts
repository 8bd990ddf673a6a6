// Which problems of a runtime are no fault: a pod's template is its own business, so a field of it that is new to us is kept.
import { isUnknownField, type Problem } from '../../model/problem.ts';

const inPodSpec = /^spec\.podTemplate\.spec[.[]/;

/** Whether the field is passed on, although nobody here knows it. */
export const isPassedOn = (problem: Problem): boolean =>
  isUnknownField(problem) && inPodSpec.test(problem.path);

/** For validateRuntime. */
export const counts = (problem: Problem): boolean => !isPassedOn(problem);
