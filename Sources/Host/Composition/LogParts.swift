internal import Logging

package enum LogParts {
    package static func configure(_ log: Configuration.Log) {
        Logging.configure(level: log.level, format: log.format)
    }
}
