// Recognise emotions from JavaScript: npm install @gradio/client, then
// node examples/recognize.mjs http://127.0.0.1:7860 call.wav
import { readFile } from "node:fs/promises";
import { Client } from "@gradio/client";

const [url, recording] = process.argv.slice(2);
const app = await Client.connect(url);
const { data } = await app.predict("/recognize", { audio: new Blob([await readFile(recording)]) });
for (const { channel_number, scores, speech_length } of data[0].channels) {
  console.log(`channel ${channel_number}: ${scores[0]?.emotion}, ${speech_length.toFixed(1)} s of speech`);
}
process.exit(0); // the connection would keep the program alive
