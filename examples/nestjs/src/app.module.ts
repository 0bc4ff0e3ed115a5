import { Body, ConflictException, Controller, Get, Module, Post } from '@nestjs/common';
import { InjectRepository, TypeOrmModule } from '@nestjs/typeorm';
import { Column, Entity, PrimaryGeneratedColumn, Repository } from 'typeorm';

@Entity('cidadao')
export class Cidadao {
  @PrimaryGeneratedColumn({ type: 'bigint' }) id: string;
  @Column({ type: 'text' }) nome: string;
  @Column({ type: 'text', unique: true }) cpf: string;
}

@Controller('cidadaos')
export class CidadaosController {
  constructor(@InjectRepository(Cidadao) private readonly cidadaos: Repository<Cidadao>) {}

  @Get() async lista(): Promise<string[]> {
    return (await this.cidadaos.find({ order: { nome: 'ASC' } })).map((each) => each.nome);
  }

  @Post() async cadastra(@Body() novo: { nome: string; cpf: string }): Promise<{ id: string }> {
    try {
      return { id: (await this.cidadaos.save(this.cidadaos.create(novo))).id };
    } catch {
      throw new ConflictException('este CPF já está cadastrado');
    }
  }
}

@Module({
  imports: [
    TypeOrmModule.forRootAsync({
      useFactory: () => ({
        type: 'postgres' as const,
        host: process.env.DB_HOST,
        port: Number(process.env.DB_PORT),
        username: process.env.DB_USER,
        password: process.env.DB_PASS,
        database: process.env.DB_NAME,
        entities: [Cidadao],
      }),
    }),
    TypeOrmModule.forFeature([Cidadao]),
  ],
  controllers: [CidadaosController],
})
export class AppModule {}
