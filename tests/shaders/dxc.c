// Microsoft's shader compiler as a program, where there is only its library: dxc [-OPTION ...] FILE.
// Built and used by scripts/test --all-backends. The interfaces are those of dxcapi.h.
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

typedef struct { uint32_t a; uint16_t b, c; uint8_t d[8]; } Guid;
typedef struct Object { void **methods; } Object;
typedef struct { const void *text; size_t size; uint32_t encoding; } Source;

static const Guid COMPILER = {0x73e22d93, 0xe6ce, 0x47f3, {0xb5, 0xbf, 0xf0, 0x66, 0x4f, 0x39, 0xc1, 0xb0}};
static const Guid COMPILER3 = {0x228b4687, 0x5a6a, 0x4730, {0x90, 0x0c, 0x97, 0x02, 0xb2, 0x20, 0x3f, 0x54}};
static const Guid RESULT = {0x58346cda, 0xdde7, 0x4497, {0x94, 0x61, 0x6f, 0x87, 0xaf, 0x5e, 0x06, 0x59}};
static const Guid UTF8 = {0x3da636c9, 0xba71, 0x4024, {0xa3, 0x01, 0x30, 0xcb, 0xf1, 0x25, 0x30, 0x5b}};

// Libraries up to 1.7 have two destructors after the three methods of IUnknown.
#define METHOD(object, number, type) ((type)(object)->methods[(number) + 2])
typedef int32_t (*Compile)(Object *, const Source *, const wchar_t **, uint32_t, void *, const Guid *, Object **);
typedef int32_t (*GetStatus)(Object *, int32_t *);
typedef int32_t (*GetOutput)(Object *, int, const Guid *, Object **, void *);
typedef const char *(*GetText)(Object *);

static void fail(const char *what) { fprintf(stderr, "dxc: %s\n", what); exit(2); }

int main(int count, char **words) {
    const char *path = getenv("DXC_LIBRARY");
    if (count < 2 || !path) fail("needs DXC_LIBRARY and a file");
    void *library = dlopen(path, RTLD_NOW);
    if (!library) fail(dlerror());
    int32_t (*create)(const Guid *, const Guid *, Object **) = dlsym(library, "DxcCreateInstance");
    Object *compiler = 0, *result = 0, *text = 0;
    if (!create || create(&COMPILER, &COMPILER3, &compiler) < 0) fail("no compiler in the library");

    static char source[1 << 20];
    FILE *file = fopen(words[count - 1], "rb");
    if (!file) fail("cannot read the file");
    Source given = {source, fread(source, 1, sizeof source, file), 65001};
    const wchar_t *options[32];
    static wchar_t wide[32][64];
    if (count > 33) fail("too many options");
    for (int i = 1; i < count - 1; i++) {
        mbstowcs(wide[i - 1], words[i], 63);
        options[i - 1] = wide[i - 1];
    }
    int32_t status = METHOD(compiler, 3, Compile)(compiler, &given, options, count - 2, 0, &RESULT, &result);
    if (status >= 0) METHOD(result, 3, GetStatus)(result, &status);
    if (result) METHOD(result, 7, GetOutput)(result, 2, &UTF8, &text, 0);
    if (status < 0) fprintf(stderr, "%s\n", text ? METHOD(text, 6, GetText)(text) : "no message");
    return status < 0;
}
