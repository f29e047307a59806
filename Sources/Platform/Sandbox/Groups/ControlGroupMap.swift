internal import Lifecycle

/// Where this process's control groups are (cgroups(7)).
package struct ControlGroupMap: Sendable, Equatable {
    /// The folder of this process's group by controller, for controllers of version 1.
    package let controllers: [String: String]
    /// The folder of this process's group of version 2, even without any controller; nil where it is not mounted.
    package let unified: String?

    package init(controllers: [String: String], unified: String?) {
        self.controllers = controllers
        self.unified = unified
    }

    /// Of this process, now.
    package static func current() -> ControlGroupMap {
        ControlGroupMap(
            mounts: PrivateFile.text(of: "/proc/self/mountinfo") ?? "",
            membership: PrivateFile.text(of: "/proc/self/cgroup") ?? "")
    }

    /// Parses `/proc/PID/mountinfo` (proc(5)) and `/proc/PID/cgroup` (cgroups(7)).
    package init(mounts: String, membership: String) {
        var controllers: [String: String] = [:]
        var unified: String?
        let groups = membership.split(separator: "\n").compactMap(Self.group)
        for mount in mounts.split(separator: "\n").compactMap(Self.mount) {
            if mount.type == "cgroup2" {
                unified = unified ?? groups.first { $0.controllers.isEmpty }.flatMap { mount.folder(of: $0.path) }
                continue
            }
            for group in groups where !group.controllers.isEmpty {
                // A named hierarchy (`name=systemd`) limits nothing.
                for name in group.controllers where mount.options.contains(name) && !name.contains("=") {
                    controllers[String(name)] = controllers[String(name)] ?? mount.folder(of: group.path)
                }
            }
        }
        self.controllers = controllers
        self.unified = unified
    }

    private struct Mount {
        let type: Substring
        /// The group that the mount point shows.
        let root: String
        let point: String
        let options: Set<Substring>

        /// Nil if the mount does not show the group at `path`.
        func folder(of path: Substring) -> String? {
            if path.split(separator: "/").contains("..") { return nil }
            if self.root == "/" { return path == "/" ? self.point : self.point + path }
            // A container sees its own group as the root of the mount.
            guard path == self.root || path.hasPrefix(self.root + "/") else { return nil }
            return self.point + path.dropFirst(self.root.count)
        }
    }

    private struct Group {
        let controllers: [Substring]
        let path: Substring
    }

    /// `36 35 98:0 /root /point options [optional fields] - type source options`.
    private static func mount(_ line: Substring) -> Mount? {
        let fields = line.split(separator: " ")
        guard fields.count > 6, let dash = fields.firstIndex(of: "-"), dash + 3 < fields.count,
            fields[dash + 1].hasPrefix("cgroup")
        else { return nil }
        return Mount(
            type: fields[dash + 1], root: self.plain(fields[3]), point: self.plain(fields[4]),
            options: Set(fields[dash + 3].split(separator: ",")))
    }

    /// `4:memory:/path`; version 2 is `0::/path`.
    private static func group(_ line: Substring) -> Group? {
        let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        guard fields.count == 3 else { return nil }
        return Group(controllers: fields[1].split(separator: ","), path: fields[2])
    }

    /// The kernel writes a space, tab, line feed or backslash as three octal digits.
    package static func plain(_ text: Substring) -> String {
        var plain: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\\"), rest.count >= 3,
                let code = UInt8(String(decoding: rest.prefix(3), as: UTF8.self), radix: 8)
            {
                plain.append(code)
                rest = rest.dropFirst(3)
            } else {
                plain.append(byte)
            }
        }
        return String(decoding: plain, as: UTF8.self)
    }
}
