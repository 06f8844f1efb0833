"""Reads `swift package describe --type json` and compares each target's imports with its declared dependencies."""

import json
import pathlib
import re
import sys

SYSTEM = {"Swift", "Foundation", "FoundationEssentials", "FoundationXML", "Dispatch", "Synchronization", "Glibc", "Darwin", "Musl", "Testing", "PackageDescription", "PackagePlugin"}
KINDS = "typealias|struct|class|enum|protocol|let|var|func"
IMPORT = re.compile(
    rf"^[ \t]*(?:@\w+(?:\([^)\n]*\))?[ \t]+)*(?:(?:public|package|internal|private|fileprivate)[ \t]+)?"
    rf"import[ \t]+(?:(?:{KINDS})[ \t]+)?(\w+)",
    re.M,
)


def main() -> int:
    package = json.load(sys.stdin)
    failures = []
    files = 0
    for target in package["targets"]:
        allowed = set(target.get("target_dependencies", [])) | set(target.get("product_dependencies", []))
        for source in target["sources"]:
            path = pathlib.Path(target["path"]) / source
            if path.suffix != ".swift":
                continue
            files += 1
            for name in IMPORT.findall(path.read_text()):
                if name not in allowed and name not in SYSTEM:
                    failures.append(f"error: {path}: imports {name}, which {target['name']} does not declare")
    print("\n".join(failures) if failures else f"imports: clean ({files} files)")
    return 1 if failures else 0


sys.exit(main())
