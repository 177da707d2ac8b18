import xml.etree.ElementTree as ET

from ecsctl.ui.picture import mermaid, svg

GRAPH = {"vpc": (), "subnet-a": ("vpc",), "nat": ("subnet-a",), "alb": ("vpc", "subnet-a"), "service": ("alb", "vpc")}
TITLES = {"vpc": "VPC", "subnet-a": "subnet", "nat": "NAT gateway", "alb": "load balancer", "service": "ECS service"}


def test_the_graph_is_a_flowchart(snapshot):
    assert mermaid(GRAPH, TITLES) == snapshot


def test_parts_can_be_drawn_in_boxes(snapshot):
    assert mermaid(GRAPH, TITLES, {"vpc": "network", "subnet-a": "network", "nat": "network"}) == snapshot


def test_an_arrow_that_others_imply_is_left_out():
    arrows = [line for line in mermaid(GRAPH, TITLES).splitlines() if "-->" in line]
    assert len(arrows) == 4


def test_no_name_breaks_the_drawing():
    text = mermaid({'a"]; click b "javascript:x"': ()}, {})
    assert text.count('"') == 2
    assert ";" not in text.replace("#34;", "").replace("#59;", "").replace("#93;", "")


def test_a_terminals_text_becomes_a_picture_that_loads_nothing():
    picture = svg("\x1b[32m+\x1b[0m VPC vpc\n\x1b[2J", title="ecsctl up")
    assert ET.fromstring(picture).tag.endswith("svg")  # noqa: S314 - made one line above
    assert "url(http" not in picture
    assert "@import" not in picture
    assert "VPC" in picture
    assert "\x1b" not in picture


def test_the_same_text_makes_the_same_picture():
    assert svg("x", title="t") == svg("x", title="t")
