"""A bare Streamlit page: what a page of ours shows, static, with nothing of ours behind it.

``IMAN_BARE`` names a JSON file: for each page its figures, its HTML and how many widgets of each
kind it has, as Chromium found them on ours.
"""

import json
import os
from functools import partial
from pathlib import Path

import plotly.graph_objects as go
import streamlit as st

st.set_page_config(layout="wide")


@st.cache_resource
def specs():
    return json.loads(Path(os.environ["IMAN_BARE"]).read_text("utf-8"))


def show(name):
    spec = specs()[name]
    for place in range(spec["selects"]):
        st.selectbox(f"Choice {place}", ["one", "two", "three", "four", "five"])
    for place in range(spec["inputs"]):
        st.text_input(f"Text {place}")
    for place in range(spec["buttons"]):
        st.button(f"Button {place}")
    for place in range(spec["toggles"]):
        st.checkbox(f"Switch {place}")
    for text in spec["markdown"]:
        st.markdown(text)
    for block in spec["html"]:
        st.html(block)
    columns = st.columns(2)
    for place, figure in enumerate(spec["figures"]):
        drawn = go.Figure(json.loads(figure), skip_invalid=True)
        columns[place % 2].plotly_chart(drawn, key=f"figure {place}")


def quiet():
    st.html("<p>Nothing here refreshes.</p>")


pages = [st.Page(quiet, title="Quiet", default=True)]
for name in specs():
    pages.append(st.Page(partial(show, name), title=name, url_path=name))
st.navigation(pages).run()
