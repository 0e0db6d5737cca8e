/** Characters that end a line, or that some reader takes for the end of one, or that no header may have. */
const CONTROLS = /[\0-\x08\x0a-\x1f\x7f\x85\u2028\u2029]+/g;

/** A value that goes into a header ends no line there. */
export const oneLine = (value: string): string => value.replace(CONTROLS, ' ').trim();

/** One header field with its line end. Every field that is composed of values that others gave is made here. */
export const headerLine = (name: string, value: string): string => `${name}: ${fold(oneLine(value))}\r\n`;

/** RFC 5322 §2.2.3: long fields are folded where they have white space. */
function fold(content: string): string {
  const lines: string[] = [];
  let line = '';
  for (const word of content.split(' ')) {
    if (line !== '' && line.length + word.length > 70) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].join('\r\n ');
}
