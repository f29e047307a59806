extension Configuration {
    package struct Log: Sendable, Equatable {
        /// From the most to the least talkative.
        package enum Level: String, Sendable, CaseIterable { case trace, debug, info, warning, error }
        package enum Format: String, Sendable, CaseIterable { case json, text }

        package var level: Level
        package var format: Format

        init(_ section: Section) {
            self.level = section.read("level", default: .info) { $0.choice() }
            self.format = section.read("format", default: .json) { $0.choice() }
        }
    }
}
