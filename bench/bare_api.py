"""The bare endpoint that pop-up and storefront are measured against: FastAPI, uvicorn, one PostgreSQL read by key.

python -m bench.bare_api PORT DATABASE
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from fastapi import FastAPI, Request

from rapport import db


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.pool = await db.connect_pool(sys.argv[2])
    yield
    await app.state.pool.close()


app = FastAPI(lifespan=_lifespan)


@app.get("/customers/{customer_id}")
async def read(customer_id: str, request: Request) -> dict[str, Any]:
    """One row by its key."""
    pool = request.app.state.pool
    row = await pool.fetchrow("select id, version, doc from replica_customers where id = $1", customer_id)
    return dict(row)


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), loop="uvloop", http="httptools", access_log=False, log_level="error")
