"""LRN as hand-written Triton kernels: the strongest baseline that a user of PyTorch could write.

Each pass is one kernel that brings each value of its inputs from memory once; where neighbours read it
again, the cache has it. With `s = k + a sum(x^2)` they compute `y = x s^-beta` and
`dx = dy s^-beta - 2 a beta x sum(dy x s^(-beta-1))`, both sums over `SIDE` channels to each side.

* `column_*`, for channels-first: a thread walks along the channels of its pixels, keeps the window in
  registers and asks for the values of `AHEAD` channels in advance.
* `row_*`, for channels-last: a thread computes four neighbouring channels from vectors of four.
* `whole_*`, for windows that reach across all channels, in both layouts: a program holds all channels
  of some pixels.
"""

from functools import partial
from itertools import product

import torch
import triton
import triton.language as tl

from common import Case


@triton.jit
def power(s, exponent):
    return tl.exp2(exponent * tl.log2(s))


@triton.jit
def push(window, value, LENGTH: tl.constexpr):
    return window[1:LENGTH] + (value,)


@triton.jit
def total(window, FIRST: tl.constexpr, LENGTH: tl.constexpr):
    sum = window[FIRST]
    for i in tl.static_range(FIRST + 1, FIRST + LENGTH):
        sum += window[i]
    return sum


@triton.jit
def load_channel(values, c, HW, C, inside):
    return tl.load(values + c * HW, inside & (c >= 0) & (c < C), 0.0)


@triton.jit
def column_forward(x, y, C, HW, a, beta, k,
                   SIDE: tl.constexpr, CHUNK: tl.constexpr, PIXELS: tl.constexpr, AHEAD: tl.constexpr):
    WINDOW: tl.constexpr = 2 * SIDE + 1
    pixel = tl.program_id(0) * PIXELS + tl.arange(0, PIXELS)
    inside = pixel < HW
    start = tl.program_id(2) * C * HW + pixel
    first, last = tl.program_id(1) * CHUNK, min(tl.program_id(1) * CHUNK + CHUNK, C)
    zero, nought = tl.zeros([PIXELS], tl.float32), tl.zeros([PIXELS], tl.int32)
    coming, values, squares = (zero,) * (AHEAD + 1), (zero,) * (SIDE + 1), (zero,) * WINDOW
    for step in tl.range(first - SIDE - AHEAD, last + SIDE, loop_unroll_factor=4):
        c = step + nought  # as a vector: the interpreter mistakes the type of `vector & scalar`
        wanted = inside & (c + AHEAD < last + SIDE)
        coming = push(coming, load_channel(x + start, c + AHEAD, HW, C, wanted), AHEAD + 1)
        values = push(values, coming[0], SIDE + 1)
        squares = push(squares, coming[0] * coming[0], WINDOW)
        s = k + a * total(squares, 0, WINDOW)
        centre = c - SIDE
        tl.store(y + start + centre * HW, values[0] * power(s, -beta), inside & (centre >= first))


@triton.jit
def column_backward(x, dy, dx, C, HW, a, beta, k,
                    SIDE: tl.constexpr, CHUNK: tl.constexpr, PIXELS: tl.constexpr, AHEAD: tl.constexpr):
    WINDOW: tl.constexpr = 2 * SIDE + 1
    pixel = tl.program_id(0) * PIXELS + tl.arange(0, PIXELS)
    inside = pixel < HW
    start = tl.program_id(2) * C * HW + pixel
    first, last = tl.program_id(1) * CHUNK, min(tl.program_id(1) * CHUNK + CHUNK, C)
    zero, nought = tl.zeros([PIXELS], tl.float32), tl.zeros([PIXELS], tl.int32)
    coming, gradients = (zero,) * (AHEAD + 1), (zero,) * (AHEAD + 1)
    values, squares = (zero,) * WINDOW, (zero,) * WINDOW
    direct, crossed = (zero,) * (SIDE + 1), (zero,) * WINDOW  # the two terms of dx
    for step in tl.range(first - 2 * SIDE - AHEAD, last + 2 * SIDE, loop_unroll_factor=4):
        c = step + nought
        centre = c - SIDE
        wanted = inside & (c + AHEAD < last + 2 * SIDE)
        coming = push(coming, load_channel(x + start, c + AHEAD, HW, C, wanted), AHEAD + 1)
        wanted = inside & (centre + AHEAD >= first - SIDE) & (centre + AHEAD < last + SIDE)
        gradients = push(gradients, load_channel(dy + start, centre + AHEAD, HW, C, wanted), AHEAD + 1)
        values = push(values, coming[0], WINDOW)
        squares = push(squares, coming[0] * coming[0], WINDOW)
        s = k + a * total(squares, 0, WINDOW)
        direct = push(direct, gradients[0] * power(s, -beta), SIDE + 1)
        crossed = push(crossed, direct[SIDE] * values[SIDE] / s, WINDOW)
        behind = centre - SIDE
        answer = direct[0] - 2 * a * beta * values[0] * total(crossed, 0, WINDOW)
        tl.store(dx + start + behind * HW, answer, inside & (behind >= first))


@triton.jit
def load_fours(values, at, channel, C, inside, REACH: tl.constexpr, FOURS: tl.constexpr):
    """The values of 4 * (2 * REACH + 1) neighbouring channels, the own four in the middle."""
    loaded = ()
    for i in tl.static_range(-REACH, REACH + 1):
        there = inside & (channel + 4 * i >= 0) & (channel + 4 * i < C)
        four = tl.load(values + (at + 4 * i)[:, None] + tl.arange(0, 4)[None, :], there[:, None], 0.0)
        even, odd = tl.split(tl.reshape(four, [FOURS, 2, 2]))
        zeroth, second = tl.split(even)
        first, third = tl.split(odd)
        loaded = loaded + (zeroth, first, second, third)
    return loaded


@triton.jit
def store_four(values, at, four, inside, FOURS: tl.constexpr):
    joined = tl.join(tl.join(four[0], four[2]), tl.join(four[1], four[3]))
    where = values + at[:, None] + tl.arange(0, 4)[None, :]
    tl.store(where, tl.reshape(joined, [FOURS, 4]), inside[:, None])


@triton.jit
def square(values, LENGTH: tl.constexpr):
    squares = ()
    for i in tl.static_range(LENGTH):
        squares = squares + (values[i] * values[i],)
    return squares


@triton.jit
def row_forward(x, y, C, fours, a, beta, k, SIDE: tl.constexpr, FOURS: tl.constexpr):
    REACH: tl.constexpr = (SIDE + 3) // 4
    four = tl.program_id(0) * FOURS + tl.arange(0, FOURS)
    channel, inside = four % (C // 4) * 4, four < fours
    values = load_fours(x, four * 4, channel, C, inside, REACH, FOURS)
    squares = square(values, 8 * REACH + 4)
    answers = ()
    for i in tl.static_range(4 * REACH, 4 * REACH + 4):
        s = k + a * total(squares, i - SIDE, 2 * SIDE + 1)
        answers = answers + (values[i] * power(s, -beta),)
    store_four(y, four * 4, answers, inside, FOURS)


@triton.jit
def row_backward(x, dy, dx, C, fours, a, beta, k, SIDE: tl.constexpr, FOURS: tl.constexpr):
    REACH: tl.constexpr = (2 * SIDE + 3) // 4
    NEAR: tl.constexpr = (SIDE + 3) // 4  # of the gradients, fewer are needed
    four = tl.program_id(0) * FOURS + tl.arange(0, FOURS)
    channel, inside = four % (C // 4) * 4, four < fours
    values = load_fours(x, four * 4, channel, C, inside, REACH, FOURS)
    gradients = load_fours(dy, four * 4, channel, C, inside, NEAR, FOURS)
    squares = square(values, 8 * REACH + 4)
    direct, crossed = (), ()  # the two terms of dx, from SIDE channels before the own four on
    for i in tl.static_range(4 * REACH - SIDE, 4 * REACH + 4 + SIDE):
        s = k + a * total(squares, i - SIDE, 2 * SIDE + 1)
        direct = direct + (gradients[i - 4 * (REACH - NEAR)] * power(s, -beta),)
        crossed = crossed + (direct[i - 4 * REACH + SIDE] * values[i] / s,)
    answers = ()
    for i in tl.static_range(4):
        across = total(crossed, i, 2 * SIDE + 1)
        answers = answers + (direct[i + SIDE] - 2 * a * beta * values[4 * REACH + i] * across,)
    store_four(dx, four * 4, answers, inside, FOURS)


@triton.jit
def place(C, pixels, channel_stride, pixel_stride, CHANNELS: tl.constexpr, PIXELS: tl.constexpr):
    pixel = tl.program_id(0) * PIXELS + tl.arange(0, PIXELS)[:, None]
    channel = tl.arange(0, CHANNELS)[None, :]
    at = tl.program_id(1) * C * pixels + pixel * pixel_stride + channel * channel_stride
    return at, (pixel < pixels) & (channel < C)


@triton.jit
def whole_forward(x, y, C, pixels, channel_stride, pixel_stride, a, beta, k,
                  CHANNELS: tl.constexpr, PIXELS: tl.constexpr):
    at, inside = place(C, pixels, channel_stride, pixel_stride, CHANNELS, PIXELS)
    value = tl.load(x + at, inside, 0.0)
    s = k + a * tl.sum(value * value, 1, keep_dims=True)
    tl.store(y + at, value * power(s, -beta), inside)


@triton.jit
def whole_backward(x, dy, dx, C, pixels, channel_stride, pixel_stride, a, beta, k,
                   CHANNELS: tl.constexpr, PIXELS: tl.constexpr):
    at, inside = place(C, pixels, channel_stride, pixel_stride, CHANNELS, PIXELS)
    value, gradient = tl.load(x + at, inside, 0.0), tl.load(dy + at, inside, 0.0)
    s = k + a * tl.sum(value * value, 1, keep_dims=True)
    scale = power(s, -beta)
    across = tl.sum(gradient * value, 1, keep_dims=True) * scale / s
    tl.store(dx + at, gradient * scale - 2 * a * beta * value * across, inside)


def launches(case: Case, operands: list[torch.Tensor]):
    """Every configuration of the kernel for a case, as functions that launch it.

    The operands are x and y, or x, dy and dx, in the memory order of the case's layout.
    """
    net, forward = case.network, len(operands) == 2
    channels, height, width = net.input
    pixels = height * width
    parameters = {"a": net.a, "beta": net.beta, "k": net.k}
    if net.is_full:
        kernel = whole_forward if forward else whole_backward
        strides = (pixels, 1)
        images = case.batch
        if not case.channels_first:  # a pixel after the other, whatever the image
            strides, pixels, images = (1, channels), pixels * case.batch, 1
        for block, warps in product((1, 4, 8, 16, 32), (4, 8, 16)):
            yield partial(
                kernel[(triton.cdiv(pixels, block), images)], *operands, channels, pixels, *strides,
                **parameters, CHANNELS=triton.next_power_of_2(channels), PIXELS=block, num_warps=warps)
    elif case.channels_first:
        kernel = column_forward if forward else column_backward
        blocks = ((64, 2), (128, 4), (256, 2), (256, 4))
        for (block, warps), chunk, ahead in product(blocks, (16, 32, channels), (2, 6)):
            grid = (triton.cdiv(pixels, block), triton.cdiv(channels, chunk), case.batch)
            yield partial(
                kernel[grid], *operands, channels, pixels, **parameters,
                SIDE=net.side, CHUNK=chunk, PIXELS=block, AHEAD=ahead, num_warps=warps)
    else:
        kernel = row_forward if forward else row_backward
        fours = operands[0].numel() // 4
        for block, warps in product((128, 256, 512), (2, 4, 8)):
            yield partial(
                kernel[(triton.cdiv(fours, block),)], *operands, channels, fours, **parameters,
                SIDE=net.side, FOURS=block, num_warps=warps)
