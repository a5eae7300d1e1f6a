# Compiler and linker flags, and whether the name kinit is free.

# KSTRAP_FLAGS(VARIABLE, FLAGS): append to VARIABLE each of FLAGS that compiler and linker take.
AC_DEFUN([KSTRAP_FLAGS], [
  kstrap_save="$CFLAGS"
  for kstrap_flag in $2; do
    CFLAGS="$kstrap_save -Werror $kstrap_flag"
    AC_MSG_CHECKING([whether $CC takes $kstrap_flag])
    AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])],
      [AC_MSG_RESULT([yes]); $1="$$1 $kstrap_flag"],
      [AC_MSG_RESULT([no])])
  done
  CFLAGS="$kstrap_save"
  AC_SUBST([$1])
])

# Link-time optimization for the program alone: its objects carry both forms, so that the tests link as quickly as ever.
AC_DEFUN([KSTRAP_LTO], [
  AS_IF([test "x$enable_sanitizers" != xyes], [
    kstrap_before="$LTO_CFLAGS"
    KSTRAP_FLAGS([LTO_CFLAGS], [-flto=auto])
    AS_IF([test "x$LTO_CFLAGS" != "x$kstrap_before"], [
      KSTRAP_FLAGS([LTO_CFLAGS], [-ffat-lto-objects])
      LTO_LDFLAGS="-flto=auto -flto-partition=one"
      NOLTO_LDFLAGS="-fno-lto"
    ])
  ])
  AC_SUBST([LTO_LDFLAGS])
  AC_SUBST([NOLTO_LDFLAGS])
])

# -Oz in place of -Os where the compiler has it (gcc from 12) and the user gave no CFLAGS; and what makes
# this program 2.6 KB smaller still: pointers followed through all of it, and a simpler register allocator.
AC_DEFUN([KSTRAP_SMALLEST], [
  AS_IF([test -z "$kstrap_own_cflags"], [
    kstrap_own_cflags="$CFLAGS"
    CFLAGS="-g -Oz"
    AC_MSG_CHECKING([whether $CC takes -Oz])
    AC_COMPILE_IFELSE([AC_LANG_PROGRAM([], [])],
      [AC_MSG_RESULT([yes])],
      [AC_MSG_RESULT([no]); CFLAGS="$kstrap_own_cflags"])
    KSTRAP_FLAGS([SMALL_CFLAGS], [-fipa-pta -fira-algorithm=priority])
    CFLAGS="$CFLAGS$SMALL_CFLAGS"
  ])
])

AC_DEFUN([KSTRAP_WARNINGS], [
  AC_ARG_ENABLE([werror],
    [AS_HELP_STRING([--enable-werror], [treat compiler warnings as errors])])
  KSTRAP_FLAGS([WARN_CFLAGS], [-Wall -Wextra -Wformat=2 -Wformat-signedness -Wshadow \
    -Wstrict-prototypes -Wold-style-definition -Wmissing-prototypes -Wmissing-declarations \
    -Wredundant-decls -Wpointer-arith -Wcast-qual -Wcast-align=strict -Wwrite-strings -Wvla \
    -Wundef -Wdate-time -Wlogical-op -Wduplicated-cond -Wduplicated-branches \
    -Wimplicit-fallthrough=5 -Wswitch-enum -Wconversion -Warith-conversion])
  AS_IF([test "x$enable_werror" = xyes], [WARN_CFLAGS="$WARN_CFLAGS -Werror"])
])

# Sanitizers and FORTIFY do not go together; everything else of the hardening is always on. Of
# control-flow protection it is the returns' half: Linux has shadow stacks for programs, and no indirect
# branch tracking (its Documentation/arch/x86/shstk.rst).
AC_DEFUN([KSTRAP_HARDENING], [
  AC_ARG_ENABLE([sanitizers],
    [AS_HELP_STRING([--enable-sanitizers], [build with the address and undefined behaviour sanitizers])])
  AS_IF([test "x$enable_sanitizers" = xyes], [
    KSTRAP_FLAGS([HARD_CFLAGS], [-fsanitize=address,undefined -fno-sanitize-recover=undefined \
      -fno-omit-frame-pointer])
    HARD_LDFLAGS="-fsanitize=address,undefined"
  ], [
    HARD_CFLAGS="-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3"
    KSTRAP_FLAGS([HARD_CFLAGS], [-fstack-protector-strong -fstack-clash-protection \
      -fcf-protection=return -mbranch-protection=standard -ftrivial-auto-var-init=zero -fno-common \
      -fPIE -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables -fno-plt])
    KSTRAP_FLAGS([HARD_LDFLAGS], [-pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack \
      -Wl,-z,separate-code -Wl,--as-needed -Wl,--gc-sections -Wl,-z,pack-relative-relocs])
  ])
  AC_SUBST([HARD_CFLAGS])
  AC_SUBST([HARD_LDFLAGS])
])

# What assert() says of its file is the same wherever it was built.
AC_DEFUN([KSTRAP_SAME_EVERYWHERE], [KSTRAP_FLAGS([HARD_CFLAGS], [-fmacro-prefix-map=$srcdir/=])])

# Kerberos has a kinit as well. auto leaves ours out where another one is on the PATH; a staged
# install (DESTDIR) is for another machine, so make install looks, not configure.
AC_DEFUN([KSTRAP_KINIT], [
  AC_ARG_WITH([kinit],
    [AS_HELP_STRING([--with-kinit=auto|yes|no], [install the name kinit (auto: unless another kinit is on the PATH)])],
    [], [with_kinit=auto])
  AS_CASE([$with_kinit], [auto|yes|no], [],
    [AC_MSG_ERROR([--with-kinit takes auto, yes or no])])
  AC_SUBST([WITH_KINIT], [$with_kinit])
])
