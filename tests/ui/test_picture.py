from ecsctl.ui.picture import mermaid

GRAPH = {"vpc": (), "subnet-a": ("vpc",), "nat": ("subnet-a",), "alb": ("vpc", "subnet-a"), "service": ("alb", "vpc")}
TITLES = {"vpc": "VPC", "subnet-a": "subnet", "nat": "NAT gateway", "alb": "load balancer", "service": "ECS service"}


def test_the_graph_is_a_flowchart(snapshot):
    assert mermaid(GRAPH, TITLES) == snapshot


def test_an_arrow_that_others_imply_is_left_out():
    arrows = [line for line in mermaid(GRAPH, TITLES).splitlines() if "-->" in line]
    assert len(arrows) == 4


def test_no_name_breaks_the_drawing():
    text = mermaid({'a"]; click b "javascript:x"': ()}, {})
    assert text.count('"') == 2
    assert ";" not in text.replace("#34;", "").replace("#59;", "").replace("#93;", "")
