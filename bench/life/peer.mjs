/**
 * What both peers have alike: a small application of Nest on Express whose webhook is verified, calls to exdata as its
 * documentation shows them, and the file in a directory.
 */
import 'reflect-metadata';
import { createHmac, timingSafeEqual } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Controller, HttpCode, Module, Post, Req, UnauthorizedException } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import pg from 'pg';
import { settings } from './answers.mjs';

const { databaseUrl, baseUrl, secret, folder } = settings();
const authorization = { Authorization: 'Bearer sandbox_test_token', Accept: 'application/json' };
const toleranceSeconds = 300;

/** @typedef {{ deliveryId: string, event: string, body: string }} Delivery */

/**
 * Listens; resolves to the address of the webhook and to what closes it.
 * @param {(delivery: Delivery) => Promise<void>} receive stores a delivery that is truly signed; one that comes again,
 * once
 */
export async function listen(receive) {
  class WebhookController {
    /** @param {import('@nestjs/common').RawBodyRequest<import('express').Request>} request */
    async take(request) {
      const { rawBody = Buffer.alloc(0) } = request;
      const header = (/** @type {string} */ name) => request.get(name) ?? '';
      if (!isSigned(rawBody, header('x-signature')) || !isRecent(header('x-timestamp')))
        throw new UnauthorizedException();
      await receive({ deliveryId: header('x-delivery'), event: header('x-event'), body: rawBody.toString('utf8') });
    }
  }
  const take = Object.getOwnPropertyDescriptor(WebhookController.prototype, 'take') ?? {};
  Post()(WebhookController.prototype, 'take', take);
  HttpCode(204)(WebhookController.prototype, 'take', take);
  Req()(WebhookController.prototype, 'take', 0);
  Controller('webhooks/exdata')(WebhookController);
  class PeerModule {}
  Module({ controllers: [WebhookController] })(PeerModule);
  const app = await NestFactory.create(PeerModule, {
    rawBody: true,
    logger: ['error', 'warn', 'log'],
    abortOnError: false,
  });
  await app.listen(0, '127.0.0.1');
  return { url: `${await app.getUrl()}/webhooks/exdata`, close: () => app.close() };
}

/** @param {Buffer} body @param {string} signature */
function isSigned(body, signature) {
  const given = Buffer.from(signature, 'hex');
  const expected = createHmac('sha256', secret).update(body).digest();
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** @param {string} timestamp */
function isRecent(timestamp) {
  return Math.abs(Date.now() / 1000 - Number(timestamp)) <= toleranceSeconds;
}

/**
 * exdata docs: POST /documents, with a key of its own for each document and its id as the requester. Resolves to
 * exdata's id.
 * @param {{ id: string, filename: string, file: Buffer }} document
 * @returns {Promise<string>}
 */
export async function upload({ id, filename, file }) {
  const form = new FormData();
  form.append('file', new Blob([new Uint8Array(file)], { type: 'image/png' }), filename);
  form.append('requester', id);
  const headers = { ...authorization, 'Idempotency-Key': id };
  const { data } = await jsonOf(await fetch(`${baseUrl}/documents`, { method: 'POST', headers, body: form }));
  return String(data.id);
}

/** exdata docs: GET /documents/{document}, and its extractions where it is completed. @param {string} exdataId */
export async function read(exdataId) {
  const { data } = await jsonOf(await fetch(`${baseUrl}/documents/${exdataId}`, { headers: authorization }));
  if (data.status !== 'completed') return { status: data.status, requester: data.requester, gross: null };
  const { data: fields } = await jsonOf(
    await fetch(`${baseUrl}/documents/${exdataId}/extractions`, { headers: authorization }),
  );
  return { status: data.status, requester: data.requester, gross: fields.gross_amount?.value ?? null };
}

/** @param {Response} response @returns {Promise<any>} */
async function jsonOf(response) {
  if (!response.ok) throw new Error(`exdata answered ${response.status}`);
  return response.json();
}

await mkdir(folder, { recursive: true });

/** Where the bytes wait until exdata has them. */
export const spool = {
  /** @param {string} id @param {Buffer} file */
  write: (id, file) => writeFile(path.join(folder, id), file),
  /** @param {string} id */
  read: (id) => readFile(path.join(folder, id)),
  /** @param {string} id */
  erase: (id) => rm(path.join(folder, id), { force: true }),
};

export const pool = new pg.Pool({ connectionString: databaseUrl, max: 10 });

/**
 * @template T
 * @param {(client: pg.PoolClient) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function transaction(work) {
  const client = await pool.connect();
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback');
    throw error;
  } finally {
    client.release();
  }
}

await pool.query('create table bill (document varchar(100) primary key, gross varchar(100))');

export async function bills() {
  const { rows } = await pool.query('select count(*)::int as count from bill');
  return rows[0].count;
}
