import Lifecycle
import Sandbox
import TestSupport
import Testing

@Suite("Jail: where control groups are")
struct ControlGroupMapTests {
    private static func map(_ mounts: [String], _ membership: String) -> ControlGroupMap {
        ControlGroupMap(mounts: mounts.joined(separator: "\n") + "\n", membership: membership)
    }

    @Test("version 2 alone")
    func unified() {
        let map = Self.map(
            ["30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate"],
            "0::/system.slice/jetbridge.service\n")
        expectEqual(
            map,
            ControlGroupMap(
                controllers: [:], unified: "/sys/fs/cgroup/system.slice/jetbridge.service"))
    }

    @Test("a hybrid host: controllers of version 1, and a tree of version 2")
    func hybrid() {
        let map = Self.map(
            [
                "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw shared:9 - cgroup cgroup rw,cpu,cpuacct",
                "36 31 0:33 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory",
                "40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd",
                "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw",
            ], "9:name=systemd:/a\n4:memory:/jobs/7\n1:cpu,cpuacct:/\n0::/\n")
        expectEqual(
            map,
            ControlGroupMap(
                controllers: [
                    "memory": "/sys/fs/cgroup/memory/jobs/7", "cpu": "/sys/fs/cgroup/cpu,cpuacct",
                    "cpuacct": "/sys/fs/cgroup/cpu,cpuacct",
                ], unified: "/sys/fs/cgroup/unified"))
    }

    @Test("a container sees its own group as the root of the mount")
    func container() {
        let mounts = ["50 40 0:33 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory"]
        expectEqual(Self.map(mounts, "4:memory:/docker/abc\n").controllers, ["memory": "/sys/fs/cgroup/memory"])
        expectEqual(Self.map(mounts, "4:memory:/docker/abc/x\n").controllers, ["memory": "/sys/fs/cgroup/memory/x"])
        expectEqual(Self.map(mounts, "4:memory:/docker/abcd\n").controllers, [:])
        expectEqual(Self.map(mounts, "4:memory:/../x\n").controllers, [:])
    }

    @Test("escaped characters in mount points")
    func escapes() {
        expectEqual(ControlGroupMap.plain(#"/a\040b\134c\011\x"#), "/a b\\c\t\\x")
    }

    @Test("other file systems and incomplete lines are ignored", arguments: ["", "1 2 3", "1 2 0:1 / / rw - ext4 a b"])
    func others(_ line: String) {
        expectEqual(Self.map([line], "0::/\n"), ControlGroupMap(controllers: [:], unified: nil))
    }

    @Test("a group's name tells its owner")
    func owner() {
        let name = ControlGroupOwner.current.name("s-1.x")
        expectEqual(ControlGroupOwner(of: name)?.process.pid, ControlGroupOwner.current.process.pid)
        expectEqual(ControlGroupOwner(of: name)?.isGone, false)
        expectEqual(ControlGroupOwner(of: "jetbridge-\(ControlGroupOwner.current.namespace)-1-5-x")?.isGone, true)
        expectEqual(ControlGroupOwner(of: "jetbridge-1-1-5-x")?.isGone, false)
        for text in ["", "jetbridge-", "jetbridge-1-2-3", "jetbridge-1-x-3-4", "other-1-2-3-4"] {
            expectEqual(ControlGroupOwner(of: text), nil)
        }
    }
}
