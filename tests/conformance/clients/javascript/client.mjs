// Upload, list, download and delete with the JavaScript client; argv: endpoint, token, name, "write" or "read".
import assert from "node:assert/strict";
import crypto from "node:crypto";
import {
  createBranch, createRepo, deleteRepo, downloadFile, fileExists, listFiles, modelInfo, pathsInfo, uploadFiles, whoAmI,
} from "@huggingface/hub";

const [endpoint, accessToken, name, mode] = process.argv.slice(2);
const hub = { hubUrl: endpoint, accessToken };
const repo = { type: "model", name };
const digest = async (blob) => crypto.createHash("sha256").update(Buffer.from(await blob.arrayBuffer())).digest("hex");

assert.ok((await whoAmI(hub)).name);
const large = new Blob([crypto.createHash("sha512").update(name).digest(), new Uint8Array(3_000_000).map((_, i) => i % 251)]);
if (mode === "write") {
  await createRepo({ ...hub, repo });
  await uploadFiles({
    ...hub, repo, commitTitle: "From JavaScript",
    files: [
      { path: "README.md", content: new Blob(["---\nlicense: mit\n---\n# From JavaScript\n"]) },
      { path: "weights/large.bin", content: large },
    ],
  });
  await createBranch({ ...hub, repo, branch: "other" });
}

const info = await modelInfo({ ...hub, name, additionalFields: ["cardData", "sha"] });
assert.equal(info.cardData.license, "mit");
const files = [];
for await (const file of listFiles({ ...hub, repo, recursive: true })) files.push(file.path);
assert.ok(files.includes("weights/large.bin"), files);
assert.equal((await pathsInfo({ ...hub, repo, paths: ["README.md"] })).length, 1);
assert.equal(await fileExists({ ...hub, repo, path: "README.md" }), true);
assert.equal(await fileExists({ ...hub, repo, path: "nowhere" }), false);
for (const xet of [false, true]) {
  const got = await downloadFile({ ...hub, repo, path: "weights/large.bin", xet });
  assert.equal(got.size, large.size);
  assert.equal(await digest(got), await digest(large));
  const part = got.slice(1_000_000, 1_000_100);
  assert.equal(await digest(part), await digest(large.slice(1_000_000, 1_000_100)));
}
const readme = await downloadFile({ ...hub, repo, path: "README.md" });
assert.match(await readme.text(), /From JavaScript/);
if (mode === "write" && process.argv[6] === "delete") await deleteRepo({ ...hub, repo });
console.log("ok");
