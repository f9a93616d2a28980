/** Lists without pages end here, so that no request reads a whole table. */
export const longestList = 1000;
