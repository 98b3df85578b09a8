"""What is asked, how, and the code in the answer.

problems/  sets of problems: their files, forms and releases
tasks/     whole tasks: a folder of files to change
client/    the requests to a server, and what comes back
answers/   from a model's answer to its code
script/    what the benchmark scripts share: flags, journal, pipeline, output
"""
