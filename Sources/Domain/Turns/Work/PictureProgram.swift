internal import JSON
internal import Logging
internal import Primitives
internal import Processes

/// Draws SVG with `rsvg-convert`, where it is installed.
package enum PictureProgram {
    package static var drawing: (@Sendable (_ svg: String) async -> [UInt8]?)? {
        guard let program = Process.find("rsvg-convert") else { return nil }
        return { svg in
            do {
                let plan = ProcessPlan(program, ["--format", "png"], environment: ["PATH": "/usr/bin:/bin"])
                let result = try await Process.run(plan, input: Array(svg.utf8), keeping: 4 << 20)
                if result.status == .exited(0), !result.isTruncated, !result.output.isEmpty { return result.output }
                Logger(label: "reports").warning(
                    "a chart could not be drawn", ["error": .string(result.errorText.beginning(bytes: 200))])
            } catch {
                Logger(label: "reports").warning("a chart could not be drawn", ["error": .string("\(error)")])
            }
            return nil
        }
    }
}
