#ifndef TALE_BASE_VERSION_H
#define TALE_BASE_VERSION_H

#define TALE_VERSION "0.1.0"

#endif
