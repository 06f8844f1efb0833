// Data set files made by the tests: IDX, CIFAR-10, gzip and xz.

import CLzma
import CZlib
import ImageData
import Plumbing
import Testing
import _TestSupport

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// An IDX file of bytes with the given sizes.
func idx(_ sizes: [Int], _ content: [UInt8], type: UInt8 = 8) -> [UInt8] {
  [0, 0, type, UInt8(sizes.count)]
    + sizes.flatMap { size in (0..<4).map { UInt8(truncatingIfNeeded: size >> (24 - 8 * $0)) } } + content
}

/// Seeded bytes.
func noise(_ count: Int, seed: UInt64) -> [UInt8] {
  var generator = SeededGenerator(seed: seed)
  return (0..<count).map { _ in UInt8(generator.below(256)) }
}

/// One CIFAR-10 record: a label and three planes.
func record(_ label: UInt8, seed: UInt64) -> [UInt8] { [label] + noise(3072, seed: seed) }

/// `bytes` in gzip form.
func gzip(_ bytes: [UInt8]) throws -> [UInt8] {
  let folder = try TemporaryFolder()
  let path = folder.path("a.gz")
  // SAFETY: the strings and the buffer live for the calls; the handle is closed once.
  let file = unsafe gzopen(path, "wb6")
  if !bytes.isEmpty {
    let wrote = unsafe bytes.withUnsafeBytes { unsafe gzwrite(file, $0.baseAddress, UInt32($0.count)) }
    precondition(Int(wrote) == bytes.count)
  }
  unsafe gzclose(file)
  return try readFile(path, limit: 1 << 30)
}

/// `bytes` in xz form.
func xz(_ bytes: [UInt8], preset: UInt32 = 6) -> [UInt8] {
  var result = [UInt8](repeating: 0, count: bytes.count + bytes.count / 2 + 1024)
  var size = 0
  let capacity = result.count
  // SAFETY: the buffers live for the call, with their true sizes.
  let status = unsafe lzma_easy_buffer_encode(
    preset, LZMA_CHECK_CRC64, nil, bytes, bytes.count, &result, &size, capacity)
  precondition(status == LZMA_OK)
  return Array(result[..<size])
}

/// The error that a body throws, nil when it throws none.
func datasetError(_ body: () throws -> Void) -> DatasetError? {
  do { try body() } catch { return error as? DatasetError }
  return nil
}

/// Opens a data set without looking at this machine's.
func openHere(_ spec: String, parts: DatasetParts = .all, searchFolders: [String] = []) throws -> ImageDataset
{
  try ImageDataset.open(spec, parts: parts, searchFolders: searchFolders)
}

/// Goes on as an ordinary user where the tests run as the superuser.
func giveUpRights() throws {
  if geteuid() == 0 { try #require(seteuid(65_534) == 0) }
}

/// Checks that a data set is the same where there is no memory for its pixels.
func expectSameInFiles(
  _ spec: String, folder: FolderOptions = FolderOptions(), location: SourceLocation = #_sourceLocation
) throws {
  let budget = MemoryBudget(bytes: 0)
  let plain = try ImageDataset.open(spec, threads: 2, folder: folder)
  let filed = try ImageDataset.open(spec, threads: 2, folder: folder, budget: budget)
  let parts = [(plain.train, filed.train), (plain.test, filed.test), (plain.validation, filed.validation)]
  for (part, same) in parts {
    #expect(part?.digest == same?.digest && part?.pixels == same?.pixels, sourceLocation: location)
    #expect(part?.store.isInMemory != false && same?.store.isInMemory != true, sourceLocation: location)
  }
  if plain.train != nil {
    let (learning, same) = (try plain.requireLearning(), try filed.requireLearning())
    #expect(learning.images.digest == same.images.digest, sourceLocation: location)
    #expect(learning.validation == same.validation, sourceLocation: location)
    #expect(!same.images.store.isInMemory, sourceLocation: location)
  }
}
