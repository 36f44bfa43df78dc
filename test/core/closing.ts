// What a test opens is closed when it is over, also after a failure; what a whole file shares, after its last test.
import { after, afterEach } from "node:test";

type Close = () => unknown;

const ofTest: Close[] = [];
const ofFile: Close[] = [];
afterEach(() => closed(ofTest));
after(() => closed(ofFile));

/** The last one that was opened is closed first. */
async function closed(all: Close[]): Promise<void> {
  for (const close of all.splice(0).reverse()) await close();
}

export function closeAfterTest(close: Close): void {
  ofTest.push(close);
}

export function closeAfterFile(close: Close): void {
  ofFile.push(close);
}

/** For `before`: what `open` opens for a test stays for all of them. */
export async function forFile<T>(open: () => Promise<T>): Promise<T> {
  const first = ofTest.length;
  try {
    return await open();
  } finally {
    ofFile.push(...ofTest.splice(first));
  }
}
