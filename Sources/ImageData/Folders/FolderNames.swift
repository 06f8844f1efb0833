// What the names in a folder of images stand for: images, pictures of formats that are not read, what systems leave behind.
// The same for whoever walks folders: training, evaluation, prediction.

import Plumbing

/// What is made of a name in a folder.
package enum FolderNames {
  /// The formats that are read, for messages.
  package static let readFormats = "PNG, JPEG or WebP"

  /// Files and folders that operating systems, file servers and archive programs put beside a person's own, in small
  /// letters.
  private static let systemNames: Set<String> = [
    "@eadir", "@recycle", "@recently-snapshot", "@tmp", "#recycle", "#snapshot", "~snapshot", "$recycle.bin",
    "lost+found", "__macosx", "system volume information", "thumbs.db", "ehthumbs.db", "desktop.ini",
    "icon\r",
  ]

  /// Whether a file or folder is left out without a look: hidden (also the `._` files that macOS writes), or a system's own.
  package static func isPassedOver(_ name: String) -> Bool {
    name.utf8.first == UInt8(ascii: ".") || systemNames.contains(name.lowercased())
  }

  private static let unreadFormats: [String: String] = {
    let endings = [
      "HEIC": ["heic", "heif", "hif"], "GIF": ["gif"], "BMP": ["bmp", "dib"], "AVIF": ["avif", "avifs"],
      "TIFF": ["tif", "tiff"], "JPEG 2000": ["jp2", "j2k", "jpx", "jpf", "jpm", "j2c"], "JPEG XL": ["jxl"],
      "Photoshop": ["psd", "psb"], "SVG": ["svg", "svgz"], "ICO": ["ico"], "TGA": ["tga"],
      "PCX": ["pcx"],
      "Netpbm": ["pbm", "pgm", "ppm", "pnm", "pam"], "OpenEXR": ["exr"], "GIMP": ["xcf"],
      "JPEG XR": ["jxr", "wdp"],
      "camera raw": [
        "raw", "cr2", "cr3", "crw", "nef", "nrw", "arw", "srf", "sr2", "dng", "orf", "raf", "rw2", "rwl",
        "pef", "srw",
        "x3f", "3fr", "erf", "kdc", "mrw",
      ],
    ]
    var formats: [String: String] = [:]
    for (format, list) in endings {
      for ending in list { formats[ending] = format }
    }
    return formats
  }()

  /// The format of a picture that is not read, by its name's ending; nil for any other name.
  package static func unreadFormat(_ name: String) -> String? { unreadFormats[ending(name)] }

  /// Whether a name is a picture's, read or not.
  static func isPicture(_ name: String) -> Bool {
    ImageFile.isImageName(name) || unreadFormat(name) != nil
  }

  /// The ending of a name in small letters, without its dot; empty where there is none.
  static func ending(_ name: String) -> String {
    name.lastIndex(of: ".").map { name[name.index(after: $0)...].lowercased() } ?? ""
  }

  /// Whether a file begins as PNG, JPEG and WebP files do.
  /// - Precondition: `path` is a file's.
  static func isImageByContent(_ path: String) -> Bool {
    var head: [UInt8] = []
    do throws(FileError) {
      let file = try InputFile(path: path)
      try head.append(addingCapacity: 12) { output throws(FileError) in _ = try file.read(into: &output) }
    } catch {
      return false
    }
    return isImage(beginning: head)
  }

  /// Whether a file with these first 12 bytes begins as PNG, JPEG and WebP files do.
  static func isImage(beginning head: [UInt8]) -> Bool {
    head.starts(with: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
      || head.starts(with: [0xff, 0xd8, 0xff])
      || (head.starts(with: Array("RIFF".utf8)) && head.dropFirst(8).starts(with: Array("WEBP".utf8)))
  }
}
