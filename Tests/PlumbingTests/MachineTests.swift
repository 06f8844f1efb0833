// What the system says of limits, read from sample texts, and the memory limit itself.

import Testing

@testable import Plumbing

@Suite struct MachineTests {
  /// Files of a control group hierarchy, by path.
  private func limits(_ membership: String, _ files: [String: String]) -> ControlGroups {
    ControlGroups(membership: membership) { files[$0] }
  }

  @Test func theSmallestLimitOnTheWayUpCounts() {
    let found = limits(
      "0::/user.slice/tally.scope\n",
      [
        "/sys/fs/cgroup/user.slice/tally.scope/memory.max": "max\n",
        "/sys/fs/cgroup/user.slice/memory.max": "1073741824\n",
        "/sys/fs/cgroup/memory.max": "4294967296\n",
        "/sys/fs/cgroup/user.slice/tally.scope/cpu.max": "250000 100000\n",
        "/sys/fs/cgroup/user.slice/cpu.max": "max 100000\n",
      ])
    #expect(found.memory == 1 << 30 && found.processors == 3)
  }

  @Test func theFirstKindHasAFolderForEveryController() {
    let membership = """
      12:memory:/docker/abc
      5:cpu,cpuacct:/docker/abc
      4:devices:/docker/abc
      0::/
      """
    let found = limits(
      membership,
      [
        // In a container the group's own path is the host's; its limits are at the root.
        "/sys/fs/cgroup/memory/memory.limit_in_bytes": "536870912\n",
        "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "150000\n",
        "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
        "/sys/fs/cgroup/devices/memory.limit_in_bytes": "1\n",
      ])
    #expect(found.memory == 512 << 20 && found.processors == 2)
    let none = limits(
      membership,
      [
        "/sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes": "9223372036854771712\n",
        "/sys/fs/cgroup/cpu/docker/abc/cpu.cfs_quota_us": "-1\n",
        "/sys/fs/cgroup/cpu/docker/abc/cpu.cfs_period_us": "100000\n",
      ])
    #expect(none.memory == 9_223_372_036_854_771_712 && none.processors == nil)
  }

  @Test(arguments: [
    "", "\n", "0:", "0::", "::", "1:memory:relative", "0::/a:b/../c", "x:y:z:w", "1:memory:/\u{0}",
    String(repeating: "9:memory:/a\n", count: 100),
  ])
  func anyMembershipIsRead(text: String) {
    #expect(limits(text, [:]).memory == nil)
    #expect(ControlGroups.groups(text).allSatisfy { $0.path.hasPrefix("/") })
  }

  @Test func pathsStayBelowTheRoot() {
    let group = ControlGroups.Group(controllers: [], path: "/a/../../../etc")
    #expect(ControlGroups.folders(group).allSatisfy { $0.hasPrefix("/sys/fs/cgroup") && !$0.contains("..") })
  }

  @Test(
    arguments: [
      ("max", nil), ("max\n", nil), ("", nil), ("-1", nil), ("x", nil), ("0\n", 0), ("4096\n", 4096),
      ("18446744073709551615", .max), ("18446744073709551616", nil),
    ] as [(String, Int?)])
  func bytesOfALimit(text: String, bytes: Int?) { #expect(ControlGroups.bytes(text) == bytes) }

  @Test(
    arguments: [
      ("max 100000", nil), ("100000 100000", 1), ("100001 100000", 2), ("50000 100000", 1), ("0 1", nil),
      ("-1 100000", nil), ("1 0", nil), ("1", nil), ("", nil), ("9223372036854775807 1", .max),
      ("9223372036854775807 2", 1 << 62),
    ] as [(String, Int?)])
  func processorsOfAQuota(text: String, count: Int?) { #expect(ControlGroups.processors(text) == count) }

  @Test(
    arguments: [
      ("Name:\ttally\nCpus_allowed:\tff\nCpus_allowed_list:\t0-3,8\n", 5), ("Cpus_allowed_list:\t5\n", 1),
      ("Cpus_allowed_list:\t0,2,4-5\nMems_allowed_list:\t0\n", 4), ("Cpus_allowed_list:\t\n", nil),
      ("Cpus_allowed_list:\t3-1\n", nil), ("Cpus_allowed_list:\t0-9999999999999\n", nil),
      ("Cpus_allowed_list:\tx\n", nil), ("Cpus_allowed_list:\t1-2-3\n", nil), ("", nil),
    ] as [(String, Int?)])
  func processorsOfAStatus(text: String, count: Int?) { #expect(ProcessStatus.processors(text) == count) }

  @Test func pagesOfAddressSpace() {
    #expect(ProcessStatus.addressSpacePages("2214 188 163 5 0 78 0\n") == 2214)
    #expect(ProcessStatus.addressSpacePages("") == nil && ProcessStatus.addressSpacePages("-4 1") == nil)
  }

  @Test func thisMachineHasSomething() {
    #expect(Machine.memory > 1 << 20 && Machine.threads >= 1)
    #expect(MemoryLimit.current.bytes > 1 << 20)
  }

  @Test func needsAreStatedBeforeTheyAreMet() throws {
    let limit = MemoryLimit(bytes: 3 << 20)
    try limit.check(3 << 20, for: "this")
    let error = #expect(throws: MemoryError.self) { try limit.check(6 << 20, for: "a table of 9 classes") }
    #expect(
      error?.message
        == "a table of 9 classes needs about 6 MiB, the limit is 3 MiB; take something smaller, or raise "
        + "TALLY_MEMORY_MIB if there is more")
    #expect(
      limit.workers(8, each: 1 << 20) == 3 && limit.workers(2, each: 1) == 2
        && limit.workers(4, each: .max) == 1)
    #expect(limit.apply { MemoryLimit.current } == limit)
    #expect(MemoryLimit.current != limit)
  }

  @Test func productsAndSumsStopAtTheLargestNumber() {
    #expect(MemoryLimit.product(3, 4, 5) == 60 && MemoryLimit.product(.max, 0) == 0)
    #expect(MemoryLimit.product(1 << 40, 1 << 40, 1 << 40) == .max)
    #expect(MemoryLimit.sum(1, 2, 3) == 6 && MemoryLimit.sum(.max, 1, 1) == .max)
  }

  @Test(
    arguments: [
      (0, "0 bytes"), (1023, "1023 bytes"), (1024, "1 KiB"), (1536, "1.5 KiB"), (1 << 30, "1 GiB"),
      ((1 << 30) + 1, "1.1 GiB"), ((1 << 20) - 1, "1024 KiB"), (.max, "8589934592 GiB"),
    ] as [(Int, String)])
  func amountsReadWell(bytes: Int, text: String) { #expect(MemoryLimit.amount(bytes) == text) }
}
