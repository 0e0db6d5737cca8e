/** Characters that end a line for some reader, or that a header must not contain. */
const CONTROLS = /[\0-\x08\x0a-\x1f\x7f\x85\u2028\u2029]+/g;

/** Removes line ends from a header value, so that it cannot inject a field. */
export const oneLine = (value: string): string => value.replace(CONTROLS, ' ').trim();

/** One header field with its line end. All fields with values from outside are made here. */
export const headerLine = (name: string, value: string): string => `${name}: ${fold(oneLine(value))}\r\n`;

/** RFC 5322 §2.2.3: long fields are folded at white space. */
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
