/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

int main(void)
{
    puts("keel " KEEL_VERSION);
    return 0;
}
