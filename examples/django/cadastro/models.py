from django.db import models


class Cidadao(models.Model):
    nome = models.CharField(max_length=120)
    cpf = models.CharField(max_length=11, unique=True)
