// What Linux control groups allow a process, of the first and second kind: texts in, numbers out.
// Which files there are is asked through a function, so that tests need no kernel.

/// The limits of the control groups that a process is in.
struct ControlGroups {
  /// Bytes of memory; nil where nothing limits it.
  let memory: Int?
  /// Processors' worth of time, rounded up; nil where nothing limits it.
  let processors: Int?

  /// Where the kernel shows them.
  static let root = "/sys/fs/cgroup"

  /// Reads the limits, the smallest on the way from a process's group up to the root.
  /// - Parameters:
  ///   - membership: the content of `/proc/self/cgroup`.
  ///   - read: the content of a file; nil if it is not there.
  init(membership: String, read: (String) -> String?) {
    var (memory, processors): ([Int], [Int]) = ([], [])
    for group in Self.groups(membership) {
      for folder in Self.folders(group) {
        if let bytes = read("\(folder)/memory.max").flatMap(Self.bytes) { memory.append(bytes) }
        if let bytes = read("\(folder)/memory.limit_in_bytes").flatMap(Self.bytes) { memory.append(bytes) }
        if let count = read("\(folder)/cpu.max").flatMap(Self.processors) { processors.append(count) }
        if let quota = read("\(folder)/cpu.cfs_quota_us"), let period = read("\(folder)/cpu.cfs_period_us"),
          let count = Self.processors("\(Self.line(quota)) \(Self.line(period))")
        {
          processors.append(count)
        }
      }
    }
    self.memory = memory.min()
    self.processors = processors.min()
  }

  /// A line of `/proc/self/cgroup`: the controllers, none for the second kind, and the group's path.
  struct Group: Hashable {
    let controllers: [String]
    let path: String
  }

  /// The groups that matter here.
  static func groups(_ membership: String) -> [Group] {
    membership.split(separator: "\n").compactMap { line in
      // "hierarchy:controllers:path"; a path may hold colons.
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3, parts[2].hasPrefix("/") else { return nil }
      let controllers = parts[1].split(separator: ",").map(String.init)
      guard controllers.isEmpty || controllers.contains("memory") || controllers.contains("cpu") else {
        return nil
      }
      return Group(controllers: controllers, path: String(parts[2]))
    }
  }

  /// The folders of a group and of those above it. In a container its path may be the host's, of which only the root is
  /// there to be seen.
  static func folders(_ group: Group) -> [String] {
    let mounts =
      group.controllers.isEmpty
      ? [root, "\(root)/unified"]
      : ["\(root)/\(group.controllers.joined(separator: ","))"] + group.controllers.map { "\(root)/\($0)" }
    let names = group.path.split(separator: "/").filter { $0 != ".." }
    return mounts.flatMap { mount in
      (0...names.count).map { depth in ([mount] + names[..<depth].map(String.init)).joined(separator: "/") }
    }
  }

  /// A number of bytes; nil for "max" and for what is no number.
  static func bytes(_ text: String) -> Int? {
    guard let bytes = UInt64(line(text)) else { return nil }
    return Int(clamping: bytes)
  }

  /// Processors from "quota period", both in microseconds; nil for "max", -1 and what is no number.
  static func processors(_ text: String) -> Int? {
    let parts = line(text).split(separator: " ")
    guard parts.count == 2, let quota = Int(parts[0]), let period = Int(parts[1]), quota > 0, period > 0
    else {
      return nil
    }
    let (whole, rest) = quota.quotientAndRemainder(dividingBy: period)
    return rest == 0 ? whole : whole + 1
  }

  /// The first line of a text.
  private static func line(_ text: String) -> Substring { text.prefix { $0 != "\n" } }
}
