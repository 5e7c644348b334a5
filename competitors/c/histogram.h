/* The distributions that workloads observe, from all timed iterations of this process. */
#ifndef MNB_HISTOGRAM_H
#define MNB_HISTOGRAM_H

/* Whether what is observed from now on counts: not in warm-up iterations. At first it does not. */
void histograms_count(int on);

/* Writes a histogram line for each of them. */
void histograms_write(void);

#endif
