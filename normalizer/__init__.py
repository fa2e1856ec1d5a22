"""The core: what a complaint is, and the steps that make one right. Imports nothing of ours."""
