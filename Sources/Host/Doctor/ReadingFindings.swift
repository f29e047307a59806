/// Whether people's files can be opened for models.
enum ReadingFindings {
    /// - Parameter missing: The programs that this machine lacks, each with its Debian package.
    static func finding(_ missing: [(program: String, package: String)]) -> Finding {
        guard !missing.isEmpty else { return Finding("files", .ok, "images and documents can be opened for models") }
        func list(_ names: [String]) -> String { Set(names).sorted().joined(separator: " ") }
        return Finding(
            "files", .warning,
            "some images and documents are not shown to models, because these programs are missing: "
                + "\(list(missing.map(\.program))); run: apt install \(list(missing.map(\.package)))")
    }
}
