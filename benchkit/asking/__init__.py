"""What is asked, how, and the code in the answer: problems, client, answers, script (what scripts share)."""
