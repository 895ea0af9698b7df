"""Minimum-trace reconciliation: forecasts moved onto their sums, each as far as its errors say that it may be wrong.

Wickramasuriya, Athanasopoulos & Hyndman (2019), "Optimal forecast reconciliation for hierarchical and grouped time
series through trace minimization", JASA 114, in the form that shares out what a sum lacks over its members by the
covariance of their errors. No matrix of errors is inverted, and a member whose figure is known has no error and stays.
"""

import numpy as np

from forecaster.domain.hierarchy import Flags, Numbers, Structure, Whole

FEW_PAIRS = 12
"""Errors in common that two series need; with fewer they count as independent."""

LEAST_EIGENVALUE = 1e-3
"""Of a correlation matrix: missing cells make one of pairs that no errors could have."""

NEGLIGIBLE = 1e-9
"""Of the largest number at hand: rounding."""

LEADING = 1e6
"""Weight of sums against forecasts, where both are fitted."""

LEAST_SHARE = 0.01
"""Of the largest spread: with a smaller one no weight of sums would be enough."""

ROUNDS = 50


def shrunk_correlation(errors: Numbers, *, groups: Whole) -> Numbers:
    """How the errors of series go together, shrunk towards not at all.

    Args:
        errors: cells x series, about 0, any unit; NaN where missing.
        groups: of each cell, the fold that it belongs to: errors of one fold are no independent witnesses.

    Returns:
        series x series, positive definite, 1 on the diagonal.

    Source: Schäfer & Strimmer (2005), "A shrinkage approach to large-scale covariance matrix estimation", target D for
        correlations; the variance of a correlation taken over folds, the pairs over the cells that both have.
    """
    known = (~np.isnan(errors)).astype(float)
    filled = np.nan_to_num(errors)
    pairs = known.T @ known
    norms = np.sqrt((filled**2).T @ known * (known.T @ filled**2))
    enough = (pairs >= FEW_PAIRS) & (norms > 0)
    np.fill_diagonal(enough, val=False)
    products = [np.where(enough, _over(filled[at].T @ filled[at], norms), 0.0) for at in _folds(groups)]
    shares = [_over(known[at].T @ known[at], pairs) for at in _folds(groups)]
    found = np.sum(products, axis=0) if products else np.zeros_like(pairs)
    noise = sum(float(((one - share * found) ** 2).sum()) for one, share in zip(products, shares, strict=True))
    noise *= len(products) / max(len(products) - 1, 1)
    signal = float((found**2).sum())
    kept = 1 - min(1.0, noise / signal) if signal > 0 and len(products) > 1 else 0.0
    return _definite(kept * found + np.eye(len(found)))


def _folds(groups: Whole) -> list[Flags]:
    return [groups == name for name in np.unique(groups)]


def _over(one: Numbers, other: Numbers) -> Numbers:
    return np.divide(one, other, out=np.zeros_like(one), where=other > 0)


def _definite(matrix: Numbers) -> Numbers:
    """The matrix, as much nearer to the identity as it needs to be positive definite."""
    least = float(np.linalg.eigvalsh(matrix)[0]) if len(matrix) else 1.0
    if least >= LEAST_EIGENVALUE:
        return matrix
    more = (LEAST_EIGENVALUE - least) / (1 - least)
    return np.asarray((1 - more) * matrix + more * np.eye(len(matrix)))


def sharing(equations: Numbers, *, spread: Numbers, correlation: Numbers) -> Numbers:
    """What each member gives of what each sum lacks.

    Args:
        equations: as of a `Structure`.
        spread: of each member, the usual size of its error; 0 for one that is known and stays.
        correlation: of the errors, members x members.

    Returns:
        members x sums.
    """
    largest = float(spread.max(initial=0.0))
    if largest <= 0 or not len(equations):
        return np.zeros(equations.T.shape)
    relative = spread / largest
    weighted = relative[:, None] * correlation * relative
    across = equations @ weighted @ equations.T
    size = np.sqrt(np.diag(across))
    size = np.where(size > 0, size, 1.0)
    # Sums that follow from others make this singular; of all ways to share, the pseudo-inverse takes the least.
    inverse = np.linalg.pinv(across / np.outer(size, size), rcond=1e-11, hermitian=True)
    return np.asarray(weighted @ equations.T / size @ inverse / size)


def onto_sums(base: Numbers, *, spread: Numbers, correlation: Numbers, structure: Structure, floored: Flags) -> Numbers:
    """One forecast of each member, such that they add up and flows are not below 0.

    What would fall below 0 is held at 0 and the rest is shared out anew, until nothing falls.

    Args:
        base: one number a member; floored ones are not below 0.
        spread: as for `sharing`.
        correlation: as for `sharing`.
        structure: the sums; those whose members are all known should not be in it.
        floored: members that can't be below 0.

    Returns:
        One number a member; totals are the sums of their parts to rounding. A sum that known figures make impossible
        for what may not be negative (parts above their total) stays as near as it can.
    """
    held, start, found = spread.copy(), base.copy(), base
    rounding = NEGLIGIBLE * float(np.abs(base).max(initial=0.0))
    for _ in range(len(base)):
        found = _projected(start, equations=structure.equations, spread=held, correlation=correlation)
        below = floored & (found < -rounding) & (held > 0)
        if not below.any():
            break
        held[below], start[below] = 0.0, 0.0
    made = structure.bottom @ np.where(floored, np.maximum(found, 0.0), found)
    if _lack(made, structure) <= NEGLIGIBLE or not floored.all():
        return np.asarray(made)
    # With totals that are known, holding one series at 0 after another can leave no way to meet them.
    return _nearest(base, spread=spread, structure=structure)


def _projected(start: Numbers, *, equations: Numbers, spread: Numbers, correlation: Numbers) -> Numbers:
    moved = sharing(equations, spread=spread, correlation=correlation)
    found = start - moved @ (equations @ start)
    return np.asarray(found - moved @ (equations @ found))  # once more, for what rounding left


def _lack(values: Numbers, structure: Structure) -> float:
    """What the sums lack, of the largest number."""
    largest = float(np.abs(values).max(initial=0.0))
    return float(np.abs(structure.equations @ values).max(initial=0.0)) / largest if largest > 0 else 0.0


def _nearest(base: Numbers, *, spread: Numbers, structure: Structure) -> Numbers:
    """The forecasts of the bottom nearest to the base, in units of their spread, that meet the known totals from 0 up.

    Source: Lawson & Hanson (1974), Solving Least Squares Problems, chapter 23, sums weighted so that they lead; what is
        above 0 there then meets them exactly.
    """
    from scipy.optimize import nnls  # noqa: PLC0415  # half a second, and seldom needed

    left = structure.left
    free = (spread > 0) & np.any(left != 0, axis=0)
    size = np.maximum(spread[free] / spread[free].max(initial=0.0), LEAST_SHARE)
    sums = left[:, free] * size
    target = np.concatenate([base[free] / size, -LEADING * (left @ np.where(free, 0.0, base))])
    found, _ = nnls(np.vstack([np.eye(len(size)), LEADING * sums]), target)
    held, start = np.where(free, spread, 0.0), base.copy()
    start[free], held[free] = found * size, np.where(found > 0, found * size, 0.0)
    met = _projected(start, equations=left, spread=held, correlation=np.eye(len(base)))
    return np.asarray(structure.bottom @ np.maximum(met, 0.0))


def paths_onto_sums(paths: Numbers, *, spread: Numbers, structure: Structure, floored: Flags) -> Numbers:
    """Paths that add up, made of those of the bottom.

    Args:
        paths: members x paths; floored ones are not below 0.
        spread: as for `sharing`; where totals are known, paths of their parts are moved in proportion to its square.
        structure: the sums.
        floored: members that can't be below 0.

    Returns:
        members x paths; the bottom as it was but where a total is known.

    Source: alternating projections onto two convex sets, von Neumann (1950), Cheney & Goldstein (1959).
    """
    left = structure.left
    if len(left):
        moved = sharing(left, spread=spread, correlation=np.eye(len(spread)))
        for _ in range(ROUNDS):
            paths = np.where(floored[:, None], np.maximum(paths - moved @ (left @ paths), 0.0), paths)
            if np.abs(left @ paths).max(initial=0.0) <= NEGLIGIBLE * np.abs(paths).max(initial=0.0):
                break
    return np.asarray(structure.bottom @ paths)
