# SPDX-License-Identifier: Apache-2.0
"""All tables of requests: each file table_*.py here but the stream's, whose talks are others."""
import importlib
import pathlib

NAMES = sorted(f.stem for f in pathlib.Path(__file__).parent.glob("table_*.py") if f.stem != "table_stream")
GROUPS = [group for name in NAMES for group in importlib.import_module(name).GROUPS]
