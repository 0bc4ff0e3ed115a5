"""A register of citizens."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, HTTPException, Request
from pydantic import BaseModel
from sqlalchemy import String, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Cidadao(Base):
    __tablename__ = "cidadao"
    id: Mapped[int] = mapped_column(primary_key=True)
    nome: Mapped[str]
    cpf: Mapped[str] = mapped_column(String(11), unique=True)


class NovoCidadao(BaseModel):
    nome: str
    cpf: str


@asynccontextmanager
async def database(app: FastAPI) -> AsyncIterator[None]:
    url = os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+asyncpg://", 1)
    engine = create_async_engine(url)
    app.state.sessions = async_sessionmaker(engine, expire_on_commit=False)
    yield
    await engine.dispose()


app = FastAPI(lifespan=database)


@app.post("/cidadaos", status_code=201)
async def cadastra(novo: NovoCidadao, request: Request) -> dict[str, int]:
    async with request.app.state.sessions() as session:
        cidadao = Cidadao(nome=novo.nome, cpf=novo.cpf)
        session.add(cidadao)
        try:
            await session.commit()
        except IntegrityError:
            raise HTTPException(409, "este CPF já está cadastrado") from None
        return {"id": cidadao.id}


@app.get("/cidadaos")
async def lista(request: Request) -> list[str]:
    async with request.app.state.sessions() as session:
        return list(await session.scalars(select(Cidadao.nome).order_by(Cidadao.nome)))
