# SPDX-License-Identifier: BSD-2-Clause
# cmake -DIN=FILE -DOUT=FILE -P embed.cmake: the octets of IN as numbers with commas, for an array initialiser.
file(READ ${IN} octets HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," octets "${octets}")
string(REGEX REPLACE "(................................................................................)" "\\1\n" octets "${octets}")
file(WRITE ${OUT} "${octets}\n")
