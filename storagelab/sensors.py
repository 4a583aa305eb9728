"""Sensors: how many bytes a microphone or a lidar raises, and how long a buffer holds them."""

from __future__ import annotations

from storagelab.checks import Q, Quantity, non_negative, positive, to_scalar, whole

_BITS = 8


def audio_rate(sample_rate: Quantity[Q], bits: Quantity[Q], channels: Quantity[Q]) -> Q:
    """Return the bytes/s of uncompressed audio: ``rate · bits · channels / 8``.

    ``sample_rate`` in Hz, ``bits`` a sample (24 are packed into 3 bytes). Raises ``ValueError``
    for a rate of 0 or less, or bits or channels that aren't whole.
    """
    frame = whole("bits", bits) * whole("channels", channels) / _BITS
    return to_scalar(positive("sample_rate", sample_rate) * frame)


def buffer_time(size: Quantity[Q], rate: Quantity[Q]) -> Q:
    """Return the seconds that a buffer of ``size`` bytes holds of a stream of ``rate`` bytes/s.

    ``size / rate``: a stall of the storage that lasts longer is heard. 64 KB are 2 s of a
    telephone's speech and 0.23 s of stereo in 24 bits at 48 kHz.

    Raises ``ValueError`` for a negative size or a rate of 0 or less.
    """
    return to_scalar(non_negative("size", size) / positive("rate", rate))


def lidar_packet_size(
    columns: Quantity[Q],
    channels: Quantity[Q],
    channel_size: Quantity[Q],
    header_size: Quantity[Q],
    trailer_size: Quantity[Q],
    footer_size: Quantity[Q] = 0,
) -> Q:
    """Return the bytes of a lidar's packet.

    ``columns · (header + channels · channel + trailer) + footer``: a column is one direction in
    which ``channels`` beams are fired, ``channel_size`` bytes each, between a header and a
    trailer (Ouster OS1 interface); a footer ends the packet where it has one (6 bytes in the
    Velodyne VLP-16's). Times packets/s it is the log's rate.

    Raises ``ValueError`` for columns or channels that aren't whole, or a negative size.
    """
    column = whole("channels", channels) * non_negative("channel_size", channel_size)
    around = non_negative("header_size", header_size) + non_negative("trailer_size", trailer_size)
    firings = whole("columns", columns) * (column + around)
    return to_scalar(firings + non_negative("footer_size", footer_size))
