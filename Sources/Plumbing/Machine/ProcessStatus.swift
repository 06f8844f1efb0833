// What Linux says of a process in /proc: texts in, numbers out.

/// Reads the texts of `/proc/self`.
enum ProcessStatus {
  /// Processors a process may run on, from the content of `/proc/self/status`; nil if it does not say.
  static func processors(_ text: String) -> Int? {
    let key = "Cpus_allowed_list:"
    guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix(key) }) else { return nil }
    // "0-3,8": runs of processors.
    var count = 0
    for run in line.dropFirst(key.count).filter({ $0 != " " && $0 != "\t" }).split(separator: ",") {
      let ends = run.split(separator: "-").map { Int($0) }
      guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1],
        (0...1 << 20).contains(first), (first...1 << 20).contains(last)
      else { return nil }
      count += last - first + 1
    }
    return count > 0 ? count : nil
  }

  /// Pages of address space that a process has, from the content of `/proc/self/statm`; nil if it is something else.
  static func addressSpacePages(_ text: String) -> Int? {
    text.split { $0 == " " || $0 == "\n" }.first.flatMap { Int($0) }.flatMap { $0 >= 0 ? $0 : nil }
  }
}
