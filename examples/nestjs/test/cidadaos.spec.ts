import { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import request from 'supertest';
import { DataSource } from 'typeorm';
import { AppModule } from '../src/app.module';

const maria = { nome: 'Maria Teste', cpf: '52998224725' };

describe('cidadaos', () => {
  let app: INestApplication;

  beforeAll(async () => {
    const module = await Test.createTestingModule({ imports: [AppModule] }).compile();
    app = await module.createNestApplication().init();
  });
  afterEach(() => app.get(DataSource).query('TRUNCATE cidadao RESTART IDENTITY CASCADE'));
  afterAll(() => app.close());

  it('cadastra', async () => {
    await request(app.getHttpServer()).post('/cidadaos').send(maria).expect(201, { id: '1' });
    await request(app.getHttpServer()).get('/cidadaos').expect(200, ['Maria Teste']);
  });

  it('recusa o mesmo CPF duas vezes', async () => {
    await request(app.getHttpServer()).post('/cidadaos').send(maria).expect(201);
    await request(app.getHttpServer()).post('/cidadaos').send(maria).expect(409);
  });
});
