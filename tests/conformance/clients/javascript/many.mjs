// Try many things at once; reads a list of {key, endpoint, name, path, xet, whole} and prints a line of JSON for each.
import crypto from "node:crypto";
import { downloadFile, listFiles, modelInfo, pathsInfo } from "@huggingface/hub";

const [accessToken] = process.argv.slice(2);
let input = "";
for await (const piece of process.stdin) input += piece;

async function said(what) {
  try {
    return { got: await what() };
  } catch (error) {
    return { refused: error.message, status: error.statusCode };
  }
}

async function attempt({ key, endpoint, name, path, xet, whole }) {
  const hub = { hubUrl: endpoint, accessToken };
  const repo = { type: "model", name };
  const outcome = {};
  if (whole) {
    outcome.revision = await said(async () => (await modelInfo({ ...hub, name, additionalFields: ["sha"] })).sha);
    outcome.tree = await said(async () => {
      const files = [];
      for await (const file of listFiles({ ...hub, repo, recursive: true })) files.push(file.path);
      return files;
    });
    outcome.paths = await said(async () => (await pathsInfo({ ...hub, repo, paths: [path] })).length);
  }
  const download = async () => {
    const bytes = Buffer.from(await (await downloadFile({ ...hub, repo, path, xet })).arrayBuffer());
    return crypto.createHash("sha256").update(bytes).digest("hex");
  };
  outcome.file = await said(download);
  // What anybody does whose connection was cut.
  if ("refused" in outcome.file && !outcome.file.status) outcome.again = await said(download);
  console.log(JSON.stringify([key, outcome]));
}

await Promise.all(JSON.parse(input).map(attempt));
