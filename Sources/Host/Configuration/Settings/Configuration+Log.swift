package import Logging

extension Configuration {
    package struct Log: Sendable, Equatable {
        package var level: LogLevel
        package var format: LogFormat

        init(_ section: Section) {
            self.level = section.read("level", default: .info) { $0.logLevel() }
            self.format = section.read("format", default: .json) { $0.choice() }
        }

        /// Configures the process's log.
        package func apply() { Logging.configure(level: self.level, format: self.format) }
    }
}

extension Value {
    func logLevel() -> LogLevel? { self.choice(among: LogLevel.allCases, named: \.name) }
}
