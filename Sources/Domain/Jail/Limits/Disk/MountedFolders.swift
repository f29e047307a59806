internal import Lifecycle
internal import Sandbox

/// What is mounted where (proc(5), mountinfo).
enum MountedFolders {
    /// The mount points at `path` and below it, the deepest first.
    static func points(below path: String) -> [String] {
        let text = PrivateFile.read("/proc/self/mountinfo", limit: 16 << 20).map {
            String(decoding: $0.bytes, as: UTF8.self)
        }
        return self.points(below: path, in: text ?? "")
    }

    static func points(below path: String, in mountinfo: String) -> [String] {
        let points = mountinfo.split(separator: "\n").compactMap { line -> String? in
            let fields = line.split(separator: " ", maxSplits: 5)
            return fields.count == 6 ? ControlGroupMap.plain(fields[4]) : nil
        }
        return points.filter { $0 == path || $0.hasPrefix(path + "/") }.sorted { $0.utf8.count > $1.utf8.count }
    }
}
