/// What `/bin/sh` does with a command that runs without a jail, and what it reports about its state at its end.
enum UnjailedScript {
    /// Descriptor 3 takes the report, 4 and 5 are the output pipes. The command is the first argument, which it does not
    /// see. A command that replaces the shell (`exec`) or its trap makes no report.
    static let text = """
        exec >&4 2>&5 4>&- 5>&-
        trap '{ printf "%s\\0" "$PWD"; export -p; echo .; } >&3' EXIT
        eval "shift; $1"
        """

    /// The directory and the exported variables, each `NAME=VALUE`; nil for an incomplete report.
    static func state(_ report: [UInt8]) -> (directory: String, variables: [String])? {
        let end = Array("\n.\n".utf8)
        guard let separator = report.firstIndex(of: 0), report.first == UInt8(ascii: "/"),
            report.suffix(end.count).elementsEqual(end)
        else { return nil }
        let variables = ExportList.variables(report[(separator + 1)...].dropLast(2))
        return (String(decoding: report[..<separator], as: UTF8.self), variables)
    }
}
