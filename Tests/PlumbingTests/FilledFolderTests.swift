// Folders that appear with all their files or not at all.

import Foundation
import Testing
import _TestSupport

@testable import Plumbing

@Suite struct FilledFolderTests {
  private func names(_ folder: TemporaryFolder) -> [String] {
    (FileManager.default.enumerator(atPath: folder.url.path)?.allObjects as? [String] ?? []).sorted()
  }

  @Test(arguments: ["new", "deep/new", "new/", "empty", "there"])
  func allFilesAreThere(path: String) throws {
    let folder = try TemporaryFolder()
    for name in ["empty", "there"] {
      try FileManager.default.createDirectory(atPath: folder.path(name), withIntermediateDirectories: true)
    }
    try folder.write([9], to: "there/b")
    try folder.write([8], to: "there/z")
    try FilledFolder.write([("b", [1]), ("c/d/e", [2, 3])], to: folder.path(path))
    #expect(try readFile(folder.path(path + "/b"), limit: 9) == [1])
    #expect(try readFile(folder.path(path + "/c/d/e"), limit: 9) == [2, 3])
    #expect(try readFile(folder.path("there/z"), limit: 9) == [8])
    #expect(names(folder).allSatisfy { !$0.contains(".tmp") })
  }

  @Test func aFileInTheWayIsKept() throws {
    let folder = try TemporaryFolder()
    try folder.write([7], to: "file")
    #expect(throws: FileError.self) { try FilledFolder.write([("a", [1])], to: folder.path("file")) }
    #expect(throws: FileError.self) { try FilledFolder.write([("a", [1])], to: folder.path("file/below")) }
    #expect(throws: FileError.self) { try FilledFolder.write([("a", [1])], to: "") }
    #expect(names(folder) == ["file"])
  }
}
