internal import JSON

extension Configuration {
    package struct Store: Sendable, Equatable {
        /// The SQLite file's absolute path.
        package var path: String

        init(_ section: Section) {
            let path = section.absolutePath("jetbridge.sqlite")
            self.path = section.read("url", default: path, shown: .string("sqlite:\(path)"), Self.path)
        }

        private static func path(of value: Value) -> String? {
            guard let url = value.string() else { return nil }
            if url.hasPrefix("postgres") { return value.error("this release supports only SQLite; write sqlite:FILE") }
            guard url.hasPrefix("sqlite:"), url != "sqlite:" else {
                return value.error("write sqlite:FILE, where FILE is relative to data_dir or absolute")
            }
            let file = url.dropFirst("sqlite:".count)
            return value.reading.absolutePath(String(file.hasPrefix("///") ? file.dropFirst(2) : file))
        }
    }
}
