import Foundation
import PackagePlugin

/// Compiles the jail's static helper from C and embeds it into the binary, which needs no other files at run time.
@main
struct EmbedInit: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
        let folder = target.directoryURL.appending(path: "Init")
        let script = context.package.directoryURL.appending(path: "Plugins/EmbedInit/embed.sh")
        let output = context.pluginWorkDirectoryURL.appending(path: "InitProgram.swift")
        let sources = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { ["c", "h"].contains($0.pathExtension) }.sorted { $0.path() < $1.path() }
        return [
            .buildCommand(
                displayName: "Compiling the jail's init", executable: URL(filePath: "/bin/sh"),
                arguments: [script.path(), context.pluginWorkDirectoryURL.path(), output.path()]
                    + sources.filter { $0.pathExtension == "c" }.map { $0.path() },
                inputFiles: sources + [script], outputFiles: [output])
        ]
    }
}
