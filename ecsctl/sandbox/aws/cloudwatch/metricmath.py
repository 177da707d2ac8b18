"""The part of CloudWatch's metric math that scaling needs: evaluates an expression over one value of each metric.

CloudWatch user guide, "Using metric math": arithmetic, comparisons, AND and OR, IF and FILL. An
expression over a metric without a value has none, and neither has a division by zero.
"""

import ast
import operator
import re
from collections.abc import Callable, Mapping

Value = float | None

_OPERATORS: dict[type[ast.AST], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


def value(expression: str, known: Mapping[str, Value]) -> Value:
    """The value of an expression. Raises ValueError if it is not valid or uses an unknown function."""
    words = {"AND": "and", "OR": "or"}
    text = re.sub(r"\b(?:AND|OR)\b", lambda word: words[word[0]], expression)
    try:
        return _of(ast.parse(text, mode="eval").body, known)
    except SyntaxError as error:
        raise ValueError(f"{expression} is no expression: {error.msg}") from None


def _of(node: ast.expr, known: Mapping[str, Value]) -> Value:
    match node:
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.Name(id=name) if name in known:
            return known[name]
        case ast.UnaryOp(op=ast.USub(), operand=one):
            return None if (found := _of(one, known)) is None else -found
        case ast.BinOp(left=left, op=op, right=right) | ast.Compare(left=left, ops=[op], comparators=[right]):
            return _computed(type(op), _of(left, known), _of(right, known))
        case ast.BoolOp(op=op, values=values):
            several = [_of(one, known) for one in values]
            every = isinstance(op, ast.And)
            return None if None in several else float(all(several) if every else any(several))
        case ast.Call(func=ast.Name(id="FILL"), args=[one, other]):
            return _of(other, known) if (found := _of(one, known)) is None else found
        case ast.Call(func=ast.Name(id="IF"), args=[test, one, other]):
            condition = _of(test, known)
            return None if condition is None else _of(one if condition else other, known)
    raise ValueError(f"the sandbox does not know {ast.unparse(node)}")


def _computed(op: type[ast.AST], left: Value, right: Value) -> Value:
    if op not in _OPERATORS:
        raise ValueError(f"the sandbox does not know {op.__name__}")
    if left is None or right is None or (op is ast.Div and not right):
        return None
    return float(_OPERATORS[op](left, right))
