package import JSON
internal import Primitives

/// Writes the records of one part of the program. A value: pass it on, and add fields with ``with(_:)``.
package struct Logger: Sendable {
    package let label: String
    /// Fields added to every record, such as a message's trace id.
    package let metadata: JSONObject
    package let output: LogOutput

    package init(label: String, metadata: JSONObject = JSONObject(), output: LogOutput = .shared) {
        self.label = label
        self.metadata = metadata
        self.output = output
    }

    /// The same logger with more fields in every record.
    package func with(_ fields: JSONObject) -> Logger {
        var metadata = self.metadata
        metadata.merge(fields)
        return Logger(label: self.label, metadata: metadata, output: self.output)
    }

    /// Whether a record of this level would be written, so that callers can skip costly preparation.
    package func isEnabled(_ level: LogLevel) -> Bool { self.output.accepts(level) }

    package func log(
        _ level: LogLevel, _ message: @autoclosure () -> String, _ fields: @autoclosure () -> JSONObject = JSONObject()
    ) {
        guard self.output.accepts(level) else { return }
        var all = self.metadata
        all.merge(fields())
        self.output.emit(
            LogRecord(time: WallClock.now(), level: level, label: self.label, message: message(), fields: all))
    }

    package func trace(
        _ message: @autoclosure () -> String, _ fields: @autoclosure () -> JSONObject = JSONObject()
    ) {
        self.log(.trace, message(), fields())
    }

    package func debug(
        _ message: @autoclosure () -> String, _ fields: @autoclosure () -> JSONObject = JSONObject()
    ) {
        self.log(.debug, message(), fields())
    }

    package func info(
        _ message: @autoclosure () -> String, _ fields: @autoclosure () -> JSONObject = JSONObject()
    ) {
        self.log(.info, message(), fields())
    }

    package func warning(
        _ message: @autoclosure () -> String, _ fields: @autoclosure () -> JSONObject = JSONObject()
    ) {
        self.log(.warning, message(), fields())
    }

    package func error(
        _ message: @autoclosure () -> String, _ fields: @autoclosure () -> JSONObject = JSONObject()
    ) {
        self.log(.error, message(), fields())
    }
}
