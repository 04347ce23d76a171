// Try to download one file; print its size, or what the error says. argv: endpoint, token, name, path.
import { downloadFile } from "@huggingface/hub";

const [hubUrl, accessToken, name, path] = process.argv.slice(2);
for (const xet of [false, true]) {
  try {
    const got = await downloadFile({ hubUrl, accessToken, repo: { type: "model", name }, path, xet });
    console.log("GOT", got === null ? "null" : (await got.arrayBuffer()).byteLength);
  } catch (error) {
    console.log("REFUSED", error.statusCode, error.message.replaceAll("\n", " "));
  }
}
