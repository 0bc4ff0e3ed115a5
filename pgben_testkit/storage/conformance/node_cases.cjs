'use strict';
// The cases of node.py: one line of JSON each, {"name", "error", "buckets"}; error is empty where all is as S3 does.
const assert = require('node:assert');
const crypto = require('node:crypto');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const Minio = require('minio');

const asked = JSON.parse(fs.readFileSync(0, 'utf8'));
const { endPoint, port, useSSL, region, shared, stem } = asked;
const connect = (accessKey, secretKey) => new Minio.Client({ endPoint, port, useSSL, region, accessKey, secretKey, pathStyle: true });
const client = connect(asked.accessKey, asked.secretKey);
const made = [];
let count = 0;

const key = (end = 'rg.pdf') => `${crypto.randomBytes(6).toString('hex')}/${end}`;
async function bucket(options) {
  const name = `${stem}-js${count++}`;
  await client.makeBucket(name, region, options);
  made.push(name);
  return name;
}
async function read(stream) {
  const pieces = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces);
}
async function body(name, where = shared, options = {}) {
  return (await read(await client.getObject(where, name, options))).toString();
}
async function list(stream) {
  const found = [];
  for await (const each of stream) found.push(each);
  return found;
}
async function refused(codes, run) {
  try {
    await run();
  } catch (error) {
    assert.ok(codes.includes(error.code), `refused with ${error.code} instead of ${codes.join(' or ')}`);
    return;
  }
  assert.fail(`not refused; S3 answers ${codes.join(' or ')}`);
}
async function put(text = 'conteudo', name = key(), where = shared, meta = {}) {
  await client.putObject(where, name, text, text.length, meta);
  return name;
}

const CASES = {
  async round() {
    const name = await put('%PDF', key(), shared, { 'Content-Type': 'application/pdf', 'Original-Name': 'rg.pdf', Encrypted: 'true' });
    const stat = await client.statObject(shared, name);
    assert.strictEqual(stat.size, 4);
    assert.strictEqual(stat.metaData['content-type'], 'application/pdf');
    assert.strictEqual(stat.metaData['original-name'], 'rg.pdf');
    assert.strictEqual(await body(name), '%PDF');
    await client.removeObject(shared, name);
    await refused(['NotFound', 'NoSuchKey'], () => client.statObject(shared, name));
  },
  async file() {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'pgben-'));
    try {
      const name = key('arquivo.txt');
      fs.writeFileSync(path.join(folder, 'a.txt'), 'abc');
      await client.fPutObject(shared, name, path.join(folder, 'a.txt'));
      await client.fGetObject(shared, name, path.join(folder, 'b.txt'));
      assert.strictEqual(fs.readFileSync(path.join(folder, 'b.txt'), 'utf8'), 'abc');
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  },
  async partial() {
    const name = await put('0123456789');
    assert.strictEqual((await read(await client.getPartialObject(shared, name, 2, 3))).toString(), '234');
  },
  async buckets() {
    const name = `${stem}-jsb`;
    assert.strictEqual(await client.bucketExists(name), false);
    await client.makeBucket(name, region);
    assert.strictEqual(await client.bucketExists(name), true);
    assert.ok((await client.listBuckets()).some((each) => each.name === name));
    await client.removeBucket(name);
    assert.strictEqual(await client.bucketExists(name), false);
  },
  async 'make-again'() {
    await refused(['BucketAlreadyOwnedByYou', 'BucketAlreadyExists'], () => client.makeBucket(shared, region));
  },
  async list() {
    const prefix = key('l/');
    for (const name of ['a/1', 'a/2', 'b', 'ç d']) await put('x', prefix + name);
    const all = await list(client.listObjectsV2(shared, prefix, true));
    assert.deepStrictEqual(all.map((each) => each.name.slice(prefix.length)), ['a/1', 'a/2', 'b', 'ç d']);
    const folders = await list(client.listObjectsV2(shared, prefix, false));
    assert.deepStrictEqual(folders.filter((each) => each.prefix).map((each) => each.prefix.slice(prefix.length)), ['a/']);
  },
  async 'list-v1'() {
    const prefix = key('l/');
    for (const name of ['a', 'b']) await put('x', prefix + name);
    assert.strictEqual((await list(client.listObjects(shared, prefix, true))).length, 2);
  },
  async missing() {
    await refused(['NoSuchKey'], () => client.getObject(shared, key()));
    await refused(['NotFound', 'NoSuchKey'], () => client.statObject(shared, key()));
    await refused(['NoSuchBucket'], () => client.getObject(`${stem}-none`, 'a'));
  },
  async 'wrong-secret'() {
    await refused(['SignatureDoesNotMatch'], () => connect(asked.accessKey, 'errada').listBuckets());
    const name = await put();
    await refused(['SignatureDoesNotMatch'], () => connect(asked.accessKey, 'errada').getObject(shared, name));
  },
  async 'unknown-key'() {
    await refused(['InvalidAccessKeyId'], () => connect('NINGUEM', 'errada').listBuckets());
  },
  async anonymous() {
    const name = await put();
    await refused(['AccessDenied'], () => new Minio.Client({ endPoint, port, useSSL, region }).getObject(shared, name));
  },
  async presigned() {
    const name = key('com espaço.pdf');
    const target = await client.presignedPutObject(shared, name, 60);
    assert.strictEqual((await fetch(target, { method: 'PUT', body: 'abc' })).status, 200);
    const answer = await fetch(await client.presignedGetObject(shared, name, 3600));
    assert.strictEqual(answer.status, 200);
    assert.strictEqual(await answer.text(), 'abc');
    const tampered = (await client.presignedGetObject(shared, name, 60)).replace('X-Amz-Expires=60', 'X-Amz-Expires=90');
    assert.strictEqual((await fetch(tampered)).status, 403);
  },
  async 'presigned-expired'() {
    const name = await put();
    const url = await client.presignedUrl('GET', shared, name, 1, {}, new Date(Date.now() - 60000));
    assert.strictEqual((await fetch(url)).status, 403);
  },
  async 'post-policy'() {
    const name = key();
    const policy = client.newPostPolicy();
    policy.setBucket(shared);
    policy.setKey(name);
    policy.setExpires(new Date(Date.now() + 60000));
    policy.setContentLengthRange(1, 10);
    const { postURL, formData } = await client.presignedPostPolicy(policy);
    const form = new FormData();
    for (const [field, value] of Object.entries(formData)) form.append(field, value);
    form.append('file', new Blob(['abc']), 'rg.pdf');
    assert.strictEqual((await fetch(postURL, { method: 'POST', body: form })).status, 204);
    assert.strictEqual(await body(name), 'abc');
    const large = new FormData();
    for (const [field, value] of Object.entries(formData)) large.append(field, value);
    large.append('file', new Blob(['x'.repeat(11)]), 'rg.pdf');
    assert.strictEqual((await fetch(postURL, { method: 'POST', body: large })).status, 400);
  },
  async multipart() {
    const { Readable } = require('node:stream');
    const name = key('video.bin');
    const content = crypto.randomBytes(11 << 20);
    const small = new Minio.Client({ endPoint, port, useSSL, region, accessKey: asked.accessKey, secretKey: asked.secretKey, partSize: 5 << 20 });
    const result = await small.putObject(shared, name, Readable.from([content]), content.length);
    assert.match(result.etag, /-\d+$/);
    assert.ok((await read(await client.getObject(shared, name))).equals(content), 'the body is another');
  },
  async incomplete() {
    const name = key('parcial.bin');
    await client.initiateNewMultipartUpload(shared, name, {});
    const found = await list(client.listIncompleteUploads(shared, name, true));
    assert.deepStrictEqual(found.map((each) => each.key), [name]);
    await client.removeIncompleteUpload(shared, name);
    assert.strictEqual((await list(client.listIncompleteUploads(shared, name, true))).length, 0);
  },
  async copy() {
    const source = await put('abc');
    const name = key();
    const conditions = new Minio.CopyConditions();
    conditions.setMatchETag((await client.statObject(shared, source)).etag);
    await client.copyObject(shared, name, `/${shared}/${source}`, conditions);
    assert.strictEqual(await body(name), 'abc');
  },
  async compose() {
    const source = await put('abc');
    const name = key();
    await client.composeObject(new Minio.CopyDestinationOptions({ Bucket: shared, Object: name }),
      [new Minio.CopySourceOptions({ Bucket: shared, Object: source })]);
    assert.strictEqual(await body(name), 'abc');
  },
  async 'remove-many'() {
    const prefix = key('x/');
    const names = [await put('a', prefix + 'a'), await put('b', prefix + 'b')];
    await client.removeObjects(shared, names);
    assert.strictEqual((await list(client.listObjectsV2(shared, prefix, true))).length, 0);
  },
  async tags() {
    const name = await put();
    await client.setObjectTagging(shared, name, { tipo: 'rg', sigilo: 'alto' });
    const found = await client.getObjectTagging(shared, name);
    assert.deepStrictEqual(found.map((each) => each.Key).sort(), ['sigilo', 'tipo']);
    await client.removeObjectTagging(shared, name);
    assert.strictEqual((await client.getObjectTagging(shared, name)).length, 0);
    const own = await bucket();
    await client.setBucketTagging(own, { sistema: 'pgben' });
    assert.strictEqual((await client.getBucketTagging(own))[0].Value, 'pgben');
  },
  async versions() {
    const own = await bucket();
    await client.setBucketVersioning(own, { Status: 'Enabled' });
    assert.strictEqual((await client.getBucketVersioning(own)).Status, 'Enabled');
    const first = await client.putObject(own, 'k', '1');
    const second = await client.putObject(own, 'k', '2');
    assert.notStrictEqual(first.versionId, second.versionId);
    assert.strictEqual(await body('k', own, { versionId: first.versionId }), '1');
    assert.strictEqual((await client.statObject(own, 'k')).versionId, second.versionId);
  },
  async retention() {
    const own = await bucket({ ObjectLocking: true });
    assert.strictEqual((await client.getObjectLockConfig(own)).objectLockEnabled, 'Enabled');
    const { versionId } = await client.putObject(own, 'k', '1');
    const until = new Date(Date.now() + 20000);
    until.setMilliseconds(0);
    await client.putObjectRetention(own, 'k', { mode: 'GOVERNANCE', retainUntilDate: until.toISOString(), versionId });
    assert.strictEqual((await client.getObjectRetention(own, 'k', { versionId })).mode, 'GOVERNANCE');
    await refused(['AccessDenied', 'ObjectLocked', 'InvalidRequest'], () => client.removeObject(own, 'k', { versionId }));
  },
  async 'legal-hold'() {
    const own = await bucket({ ObjectLocking: true });
    await client.putObject(own, 'k', '1');
    await client.setObjectLegalHold(own, 'k', { status: 'ON' });
    assert.strictEqual([await client.getObjectLegalHold(own, 'k')].map((each) => each.Status || each)[0], 'ON');
    await client.setObjectLegalHold(own, 'k', { status: 'OFF' });
  },
  async policy() {
    const own = await bucket();
    const text = JSON.stringify({ Version: '2012-10-17', Statement: [
      { Effect: 'Allow', Principal: { AWS: ['*'] }, Action: ['s3:GetObject'], Resource: [`arn:aws:s3:::${own}/publico/*`] }] });
    await client.setBucketPolicy(own, text);
    assert.strictEqual(JSON.parse(await client.getBucketPolicy(own)).Statement[0].Effect, 'Allow');
    await put('a', 'publico/a', own);
    assert.strictEqual((await fetch(`http${useSSL ? 's' : ''}://${endPoint}:${port}/${own}/publico/a`)).status, 200);
  },
  async lifecycle() {
    const own = await bucket();
    await client.setBucketLifecycle(own, { Rule: [{ ID: 'lixo', Status: 'Enabled', Filter: { Prefix: 'tmp/' }, Expiration: { Days: '7' } }] });
    const found = await client.getBucketLifecycle(own);
    assert.strictEqual([found.Rule].flat()[0].ID, 'lixo');
    await client.removeBucketLifecycle(own);
  },
  async encryption() {
    const own = await bucket();
    await client.setBucketEncryption(own, { Rule: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }] });
    const found = await client.getBucketEncryption(own);
    assert.match(JSON.stringify(found), /AES256/);
    await client.removeBucketEncryption(own);
  },
  async 'utf8-key'() {
    const name = key('ação + José (1).pdf');
    await put('abc', name);
    assert.strictEqual(await body(name), 'abc');
    await client.removeObject(shared, name);
  },
};

(async () => {
  for (const name of asked.names) {
    let error = '';
    try {
      await Promise.race([CASES[name](), new Promise((_, no) => setTimeout(() => no(new Error('no end after 20 s')), 20000).unref())]);
    } catch (problem) {
      error = (problem && (problem.message || problem.code || String(problem))) || 'failed';
    }
    process.stdout.write(JSON.stringify({ name, error: String(error).split('\n')[0], buckets: made.splice(0) }) + '\n');
  }
  process.exit(0);
})();
